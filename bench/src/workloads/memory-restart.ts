// Memory of a node that starts over a long log: messages go through a queue, all nodes stop and start
// again, and their resident memory is read while nothing waits. What is kept must follow the log's tail,
// not the log.

import { setTimeout as sleep } from "node:timers/promises";
import type { DisheapClient, PopStream } from "@disheap/client";
import { ClosedLoop } from "../load/closed-loop.js";
import { summaryOf } from "../histogram.js";
import {
  createTopic,
  errorText,
  nowMs,
  read,
  type Bench,
  type Result,
  type Workload,
} from "./workload.js";

const TOPIC = "bench-memory-restart";
const MESSAGES = 4_000;
const BYTES = 100_000;
const WINDOW = 16;
/** From the moment all nodes are ready again: the log is applied by then. */
const SETTLE_MS = 30_000;
const RSS_MAX_MIB = 150;

/** Acknowledges what comes until `stop` is called and nothing is left. */
class Drain {
  private readonly client: DisheapClient;
  private readonly stream: PopStream;
  private readonly running: Promise<void>;

  constructor(client: DisheapClient) {
    this.client = client;
    this.stream = client.pop(TOPIC, { prefetch: 50 });
    this.running = this.run();
  }

  private async run(): Promise<void> {
    for await (const message of this.stream) {
      // A lease that ran out on a slow machine is delivered again.
      await message.ack().catch(() => undefined);
    }
  }

  async untilEmpty(): Promise<void> {
    for (;;) {
      const { topics } = await this.client.stats(TOPIC);
      if ((topics.get(TOPIC)?.messages ?? 0) === 0) break;
      await sleep(200);
    }
    await this.stream.close();
    await this.running;
  }
}

async function run(bench: Bench): Promise<Result[]> {
  const cluster = await bench.startCluster();
  const client = bench.connect(cluster.endpoints);
  await createTopic(client, TOPIC, 1);
  const drain = new Drain(client);
  const loop = new ClosedLoop({
    window: WINDOW,
    operationsMax: MESSAGES,
    operation: async () => {
      await client.enqueue(TOPIC, Buffer.alloc(BYTES, 0x78), { priority: 1 });
    },
    nowMs,
  });
  loop.start();
  await loop.ended();
  await drain.untilEmpty();
  const phase = loop.endPhase();
  await cluster.restart();
  await sleep(SETTLE_MS);
  const reading = await read(cluster);
  const worst = Math.max(...reading.nodes.map(({ rssBytes = 0 }) => rssBytes)) / 2 ** 20;
  return [
    {
      name: "memory-restart",
      seconds: phase.elapsedMs / 1_000,
      messages: MESSAGES,
      perSecond: (MESSAGES * 1_000) / phase.elapsedMs,
      failed: loop.failed,
      ...errorText(loop.firstError),
      latency: summaryOf(phase.latency),
      goal: {
        says: `MiB of resident memory ${SETTLE_MS / 1000} s after a restart over ${(MESSAGES * BYTES) / 1e6} MB of log`,
        value: worst,
        max: RSS_MAX_MIB,
        met: worst <= RSS_MAX_MIB,
      },
    },
  ];
}

export const memoryRestart: Workload = {
  name: "memory-restart",
  about: `resident memory after a restart over ${(MESSAGES * BYTES) / 1e6} MB of log, nothing waiting`,
  run,
};
