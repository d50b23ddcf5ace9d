// Closed loop from the enqueue to the committed acknowledgement: a place in the window is free again once
// its message was enqueued, delivered to the consumer and acknowledged with OK.

import { setTimeout as sleep } from "node:timers/promises";
import type { DisheapClient, PopStream } from "@disheap/client";
import { Histogram, summaryOf } from "../histogram.js";
import { ClosedLoop } from "../load/closed-loop.js";
import { SECONDS, WARMUP_MS } from "./enqueue.js";
import {
  createTopic,
  errorText,
  leadersOf,
  Meter,
  nowMs,
  numberOf,
  payloadOf,
  type Bench,
  type Result,
  type Workload,
} from "./workload.js";

const TOPIC = "bench-end-to-end";
/** An operation that has not come back after this long is counted as failed. */
const LOST_MS = 20_000;

interface Pending {
  readonly startMs: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** One producer and one consumer over one client; knows which message belongs to which operation. */
class RoundTrips {
  private readonly client: DisheapClient;
  private readonly pending = new Map<number, Pending>();
  readonly stream: PopStream;
  completed = 0;
  enqueued = new Histogram();
  delivered = new Histogram();

  constructor(client: DisheapClient, window: number) {
    this.client = client;
    this.stream = client.pop(TOPIC, { prefetch: Math.min(1_000, Math.max(2, window)) });
  }

  readonly run = async (number: number): Promise<void> => {
    const startMs = nowMs();
    let timer: NodeJS.Timeout | undefined;
    const acked = new Promise<void>((resolve, reject) => {
      this.pending.set(number, { startMs, resolve, reject });
      timer = setTimeout(() => reject(new Error("no acknowledged delivery in time")), LOST_MS);
    });
    const enqueue = this.client
      .enqueue(TOPIC, payloadOf(number), { priority: number % 100 })
      .then(() => this.enqueued.record(nowMs() - startMs));
    try {
      await Promise.all([enqueue, acked]);
      this.completed += 1;
    } finally {
      clearTimeout(timer);
      this.pending.delete(number);
    }
  };

  async consume(): Promise<void> {
    for await (const message of this.stream) {
      const pending = this.pending.get(numberOf(message.payload));
      if (pending !== undefined) this.delivered.record(nowMs() - pending.startMs);
      void message.ack().then(
        () => pending?.resolve(),
        (error: unknown) => pending?.reject(error),
      );
    }
  }
}

async function run(bench: Bench, name: string, window: number): Promise<Result[]> {
  const cluster = await bench.startCluster();
  const client = bench.connect(cluster.endpoints);
  await createTopic(client, TOPIC, 1);
  const trips = new RoundTrips(client, window);
  const consuming = trips.consume();
  const loop = new ClosedLoop({ window, operation: trips.run, nowMs });
  const meter = new Meter(bench, cluster, name, () => trips.completed);
  loop.start();
  await sleep(WARMUP_MS);
  await meter.begin();
  loop.beginPhase();
  trips.enqueued = new Histogram();
  trips.delivered = new Histogram();
  await sleep((bench.seconds ?? SECONDS) * 1_000);
  const phase = loop.endPhase();
  const parts = {
    "to enqueued": summaryOf(trips.enqueued),
    "to delivered": summaryOf(trips.delivered),
  };
  const cost = await meter.end();
  await loop.stop();
  const leaders = await leadersOf(client, TOPIC);
  await trips.stream.close();
  await consuming;
  return [
    {
      name,
      seconds: phase.elapsedMs / 1_000,
      messages: phase.completed,
      perSecond: (phase.completed * 1_000) / phase.elapsedMs,
      failed: loop.failed,
      ...errorText(loop.firstError),
      latency: summaryOf(phase.latency),
      parts,
      cost,
      leaders,
    },
  ];
}

export function endToEnd(window: number): Workload {
  const name = `end-to-end-${window}`;
  return {
    name,
    about: `closed loop: enqueue, delivery, committed ack, ${window} under way, for ${SECONDS} s`,
    run: (bench) => run(bench, name, window),
  };
}
