// A backlog handed out: so many messages are queued first, then one consumer takes and acknowledges them, best
// first. Latency is from the delivery to the committed acknowledgement; one that comes out of order counts
// as failed.

import { setTimeout as sleep } from "node:timers/promises";
import type { DisheapClient } from "@disheap/client";
import type { MeasuredCluster } from "../cluster/measured-cluster.js";
import { Histogram, summaryOf } from "../histogram.js";
import { ClosedLoop } from "../load/closed-loop.js";
import {
  createTopic,
  leadersOf,
  Meter,
  nowMs,
  payloadOf,
  read,
  type Bench,
  type Result,
  type Workload,
} from "./workload.js";

const TOPIC = "bench-drain";
const WINDOW = 256;
const SECONDS = 10;
const WARMUP_MS = 1_000;
const PROGRESS_MS = 2_000;
const PRIORITIES = 1_000;

async function fill(bench: Bench, client: DisheapClient, count: number): Promise<ClosedLoop> {
  let queued = 0;
  const loop = new ClosedLoop({
    window: WINDOW,
    operationsMax: count,
    operation: async (number) => {
      // Not in the order of their priorities.
      await client.enqueue(TOPIC, payloadOf(number), { priority: (number * 7919) % PRIORITIES });
      queued += 1;
    },
    nowMs,
  });
  loop.start();
  const timer = setInterval(() => bench.progress(`${queued} of ${count} queued`), PROGRESS_MS);
  await loop.ended();
  clearInterval(timer);
  return loop;
}

/** Takes until it is told to stop. */
class Drain {
  private readonly stream;
  latency = new Histogram();
  acked = 0;
  outOfOrder = 0;
  firstError: unknown;
  private lastPriority = -1n;

  constructor(client: DisheapClient) {
    this.stream = client.pop(TOPIC, { prefetch: WINDOW });
  }

  async run(): Promise<void> {
    for await (const message of this.stream) {
      const startMs = nowMs();
      if (message.priority < this.lastPriority) this.outOfOrder += 1;
      this.lastPriority = message.priority;
      void message.ack().then(
        () => {
          this.acked += 1;
          this.latency.record(nowMs() - startMs);
        },
        (error: unknown) => {
          this.firstError ??= error;
        },
      );
    }
  }

  close(): Promise<void> {
    return this.stream.close();
  }
}

/** Bytes each node holds for a waiting message, after a full collection. */
async function bytesAMessage(
  cluster: MeasuredCluster,
  empty: Awaited<ReturnType<typeof read>>,
  count: number,
): Promise<{ heapAndExternalBytes: number[]; rssBytes: number[] }> {
  const full = await read(cluster, true);
  const per = (field: "heapBytes" | "externalBytes" | "rssBytes", i: number): number =>
    ((full.nodes[i]?.[field] ?? 0) - (empty.nodes[i]?.[field] ?? 0)) / count;
  return {
    heapAndExternalBytes: full.nodes.map((_, i) => per("heapBytes", i) + per("externalBytes", i)),
    rssBytes: full.nodes.map((_, i) => per("rssBytes", i)),
  };
}

async function run(bench: Bench, name: string, count: number): Promise<Result[]> {
  const cluster = await bench.startCluster();
  const client = bench.connect(cluster.endpoints);
  await createTopic(client, TOPIC, 1);
  const empty = await read(cluster, true);
  const filled = await fill(bench, client, count);
  const held = await bytesAMessage(cluster, empty, count);
  const drain = new Drain(client);
  const draining = drain.run();
  const meter = new Meter(bench, cluster, name, () => drain.acked);
  await sleep(WARMUP_MS);
  await meter.begin();
  drain.latency = new Histogram();
  const before = { acked: drain.acked, ms: nowMs() };
  const endMs = before.ms + (bench.seconds ?? SECONDS) * 1_000;
  while (nowMs() < endMs && drain.acked < count) {
    bench.progress(`${drain.acked} of ${count} taken`);
    await sleep(Math.min(PROGRESS_MS, Math.max(1, endMs - nowMs())));
  }
  const messages = drain.acked - before.acked;
  const elapsedMs = nowMs() - before.ms;
  const latency = summaryOf(drain.latency);
  const cost = await meter.end();
  const leaders = await leadersOf(client, TOPIC);
  await drain.close();
  await draining;
  const failed = filled.failed + drain.outOfOrder + (drain.firstError === undefined ? 0 : 1);
  return [
    {
      name,
      seconds: elapsedMs / 1_000,
      messages,
      perSecond: (messages * 1_000) / elapsedMs,
      failed,
      ...(failed === 0 ? {} : { firstError: whatFailed(drain, filled) }),
      latency,
      cost,
      leaders,
      memory: { queued: count, ...held },
    },
  ];
}

function whatFailed(drain: Drain, filled: ClosedLoop): string {
  if (drain.outOfOrder > 0) return `${drain.outOfOrder} came before a better one`;
  const error = drain.firstError ?? filled.firstError;
  return error instanceof Error ? error.message : "not an Error";
}

/** At a few hundred enqueues a second, on a busy machine. */
const silentMaxMsFor = (count: number): number => 420_000 + count * 3;

export const drain: readonly Workload[] = [
  { name: "drain-20k", count: 20_000, isLong: false },
  { name: "drain-200k", count: 200_000, isLong: true },
  { name: "drain-2m", count: 2_000_000, isLong: true },
].map(({ name, count, isLong }) => ({
  name,
  about: `${count} messages queued, then taken best first and acknowledged`,
  isLong,
  silentMaxMs: silentMaxMsFor(count),
  run: (bench) => run(bench, name, count),
}));
