// The leader dies under load, as by a power cut: how long nobody gets an answer. Calls that were under way
// are repeated by the client, so none fails.

import { setTimeout as sleep } from "node:timers/promises";
import { summaryOf } from "../histogram.js";
import { ClosedLoop } from "../load/closed-loop.js";
import { LongestGap } from "../load/longest-gap.js";
import {
  createTopic,
  errorText,
  leadersOf,
  nowMs,
  payloadOf,
  type Bench,
  type Result,
  type Workload,
} from "./workload.js";

const TOPIC = "bench-failover";
const WINDOW = 64;
const WARMUP_MS = 3_000;
const SECONDS = 10;

async function run(bench: Bench): Promise<Result[]> {
  const cluster = await bench.startCluster();
  const client = bench.connect(cluster.endpoints);
  await createTopic(client, TOPIC, 1);
  const gap = new LongestGap();
  const loop = new ClosedLoop({
    window: WINDOW,
    operation: async (number) => {
      await client.enqueue(TOPIC, payloadOf(number), { priority: number % 100 });
      gap.answered(nowMs());
    },
    nowMs,
  });
  loop.start();
  await sleep(WARMUP_MS);
  const leaders = await leadersOf(client, TOPIC);
  const victim = cluster.nodes.find(({ name }) => leaders[name] !== undefined);
  if (victim === undefined) throw new Error("the topic has a leader by now");
  loop.beginPhase();
  bench.progress(`killing ${victim.name}, which leads`);
  gap.begin(nowMs());
  await victim.kill();
  await sleep((bench.seconds ?? SECONDS) * 1_000);
  const longestMs = gap.end(nowMs());
  const phase = loop.endPhase();
  await loop.stop();
  return [
    {
      name: "failover",
      seconds: phase.elapsedMs / 1_000,
      messages: phase.completed,
      perSecond: (phase.completed * 1_000) / phase.elapsedMs,
      failed: loop.failed,
      ...errorText(loop.firstError),
      latency: summaryOf(phase.latency),
      says: [`${victim.name} led and was killed: no answer for ${longestMs.toFixed(0)} ms`],
    },
  ];
}

export const failover: Workload = {
  name: "failover",
  about: `the leader is killed under ${WINDOW} enqueues: how long nobody gets an answer`,
  run: (bench) => run(bench),
};
