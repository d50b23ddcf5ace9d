// The floor of the project: 1,000 single enqueues a second over 20 partitions, each timed from the moment
// it was due, must be answered within 20 ms in 95 of 100 cases.

import { summaryOf } from "../histogram.js";
import { PER_SECOND, runOpenLoad, SECONDS } from "./open-load.js";
import {
  createTopic,
  errorText,
  leadersOf,
  Meter,
  type Bench,
  type Result,
  type Workload,
} from "./workload.js";

const TOPIC = "bench-open";
const PARTITIONS = 20;
const P95_MAX_MS = 20;

async function run(bench: Bench): Promise<Result[]> {
  const cluster = await bench.startCluster();
  const client = bench.connect(cluster.endpoints);
  await createTopic(client, TOPIC, PARTITIONS);
  const seconds = bench.seconds ?? SECONDS;
  let sent = 0;
  const meter = new Meter(bench, cluster, "open", () => sent);
  let begun: Promise<void> | undefined;
  const result = await runOpenLoad({
    client,
    topic: TOPIC,
    seconds,
    onBegin: () => {
      begun = meter.begin();
    },
    onSent: () => {
      sent += 1;
    },
  });
  await begun;
  const cost = await meter.end();
  const latency = summaryOf(result.latency);
  return [
    {
      name: "open",
      seconds,
      messages: result.completed,
      perSecond: result.completed / seconds,
      failed: result.failed,
      ...errorText(result.firstError),
      latency,
      parts: { "generator late": summaryOf(result.lateness) },
      cost,
      leaders: await leadersOf(client, TOPIC),
      goal: {
        says: `p95 at ${PER_SECOND} enqueues a second over ${PARTITIONS} partitions, in ms`,
        value: latency.p95Ms,
        max: P95_MAX_MS,
        met: result.failed === 0 && latency.p95Ms < P95_MAX_MS,
      },
    },
  ];
}

export const open: Workload = {
  name: "open",
  about: `open loop: ${PER_SECOND} enqueues a second over ${PARTITIONS} partitions for ${SECONDS} s`,
  run,
};
