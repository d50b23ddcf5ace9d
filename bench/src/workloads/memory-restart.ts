// Memory of a node that starts over a long log: messages go through a queue, all nodes stop and start
// again, and their resident memory is read while nothing waits. What is kept must follow the log's tail,
// not the log. Payloads are random: the store compresses others to next to nothing.

import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { DisheapClient, PopStream } from "@disheap/client";
import type { MemorySettings } from "../cluster/measured-cluster.js";
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
/** Progress is told after so many. */
const TOLD = 500;
/** From the moment all nodes are ready again: the log is applied by then. */
const SETTLE_MS = 30_000;
const RSS_MAX_MIB = 150;
const POLL_MS = 1_000;

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
    const acks = new Set<Promise<void>>();
    for await (const message of this.stream) {
      // No more are under way than were prefetched. A lease that ran out is delivered again.
      const ack: Promise<void> = message
        .ack()
        .catch(() => undefined)
        .finally(() => acks.delete(ack));
      acks.add(ack);
    }
    await Promise.all(acks);
  }

  /** `left` hears how many wait, whenever it changed. */
  async untilEmpty(left: (messages: number) => void): Promise<void> {
    for (let last = -1; ;) {
      const { topics } = await this.client.stats(TOPIC);
      const { messages = 0, partitions = [] } = topics.get(TOPIC) ?? {};
      // A partition that nobody leads is counted as if it were empty.
      const isCounted = partitions.every(({ leader }) => leader !== "");
      if (messages === 0 && isCounted) break;
      if (messages !== last) left(messages);
      last = messages;
      await sleep(POLL_MS);
    }
    await this.stream.close();
    await this.running;
  }
}

async function run(bench: Bench, name: string, memory: MemorySettings): Promise<Result[]> {
  const cluster = await bench.startCluster(memory);
  const client = bench.connect(cluster.endpoints);
  await createTopic(client, TOPIC, 1);
  const drain = new Drain(client);
  let sent = 0;
  const loop = new ClosedLoop({
    window: WINDOW,
    operationsMax: MESSAGES,
    operation: async () => {
      await client.enqueue(TOPIC, randomBytes(BYTES), { priority: 1 });
      sent += 1;
      if (sent % TOLD === 0) bench.progress(`${sent} of ${MESSAGES} messages are in`);
    },
    nowMs,
  });
  loop.start();
  await loop.ended();
  await drain.untilEmpty((messages) => bench.progress(`${messages} messages wait`));
  const phase = loop.endPhase();
  bench.progress("all are acknowledged; the nodes start again");
  await cluster.restart();
  bench.progress("all nodes are ready");
  await sleep(SETTLE_MS);
  const reading = await read(cluster);
  const worst = Math.max(...reading.nodes.map(({ rssBytes = 0 }) => rssBytes)) / 2 ** 20;
  return [
    {
      name,
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

function workload(name: string, memory: MemorySettings, about: string): Workload {
  return { name, about, run: (bench) => run(bench, name, memory) };
}

const LOG = `${(MESSAGES * BYTES) / 1e6} MB of log, nothing waiting`;

export const memoryRestart: readonly Workload[] = [
  workload("memory-restart", "npm start", `resident memory after a restart over ${LOG}`),
  workload("memory-restart-bare", "bare", "the same without what `npm start` tells malloc"),
];
