// The generator's own limit: the loop around nothing.

import { summaryOf } from "../histogram.js";
import { ClosedLoop } from "../load/closed-loop.js";
import { nowMs, type Result, type Workload } from "./workload.js";

const EMPTY_OPERATIONS = 500_000;

async function emptyLoop(): Promise<Result> {
  const operation = (): Promise<void> => Promise.resolve();
  const loop = new ClosedLoop({ window: 64, operationsMax: EMPTY_OPERATIONS, operation, nowMs });
  loop.start();
  await loop.ended();
  const { completed, elapsedMs, latency } = loop.endPhase();
  return {
    name: "generator",
    seconds: elapsedMs / 1_000,
    messages: completed,
    perSecond: (completed * 1_000) / elapsedMs,
    failed: loop.failed,
    latency: summaryOf(latency),
  };
}

export const generator: Workload = {
  name: "generator",
  about: "the generator's own limit: an empty loop",
  run: async () => [await emptyLoop()],
};
