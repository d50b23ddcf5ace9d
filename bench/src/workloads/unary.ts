// Closed loop of enqueues alone into one partition, so that one node is the leader and two follow.

import { setTimeout as sleep } from "node:timers/promises";
import { summaryOf } from "../histogram.js";
import { ClosedLoop } from "../load/closed-loop.js";
import {
  createTopic,
  errorText,
  leadersOf,
  Meter,
  nowMs,
  payloadOf,
  type Bench,
  type Result,
  type Workload,
} from "./workload.js";

const TOPIC = "bench-unary";
const WARMUP_MS = 3_000;
const SECONDS = 8;

async function run(bench: Bench, name: string, window: number): Promise<Result[]> {
  const cluster = await bench.startCluster();
  const client = bench.connect(cluster.endpoints);
  await createTopic(client, TOPIC, 1);
  let completed = 0;
  const loop = new ClosedLoop({
    window,
    operation: async (number) => {
      await client.enqueue(TOPIC, payloadOf(number), { priority: number % 100 });
      completed += 1;
    },
    nowMs,
  });
  const meter = new Meter(bench, cluster, name, () => completed);
  loop.start();
  await sleep(WARMUP_MS);
  await meter.begin();
  loop.beginPhase();
  await sleep((bench.seconds ?? SECONDS) * 1_000);
  const phase = loop.endPhase();
  const cost = await meter.end();
  await loop.stop();
  return [
    {
      name,
      seconds: phase.elapsedMs / 1_000,
      messages: phase.completed,
      perSecond: (phase.completed * 1_000) / phase.elapsedMs,
      failed: loop.failed,
      ...errorText(loop.firstError),
      latency: summaryOf(phase.latency),
      cost,
      leaders: await leadersOf(client, TOPIC),
    },
  ];
}

export function unary(window: number): Workload {
  const name = `unary-${window}`;
  return {
    name,
    about: `closed loop: unary enqueues into one partition, ${window} under way, for ${SECONDS} s`,
    run: (bench) => run(bench, name, window),
  };
}
