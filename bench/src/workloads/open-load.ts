// The load of the project's floor, for whatever serves it: 1,000 single enqueues a second, each timed from
// the moment it was due. Measured warm: a process that serves a few hundred calls a second spends its first
// twenty seconds compiling, which shows in the slowest calls.

import type { DisheapClient } from "@disheap/client";
import { type OpenLoopResult, runOpenLoop } from "../load/open-loop.js";
import { nowMs, payloadOf } from "./workload.js";
import { setTimeout as sleep } from "node:timers/promises";

export const PER_SECOND = 1_000;
export const SECONDS = 20;
const WARMUP_SECONDS = 20;

export interface OpenLoad {
  readonly client: DisheapClient;
  readonly topic: string;
  readonly seconds: number;
  /** Called when the measured part begins. */
  readonly onBegin: () => void;
  /** Called for every enqueue, also those before the measured part. */
  readonly onSent?: () => void;
}

export function runOpenLoad(load: OpenLoad): Promise<OpenLoopResult> {
  const { client, topic, seconds, onBegin, onSent } = load;
  return runOpenLoop({
    perSecond: PER_SECOND,
    operations: PER_SECOND * (seconds + WARMUP_SECONDS),
    warmup: PER_SECOND * WARMUP_SECONDS,
    operation: async (number) => {
      onSent?.();
      await client.enqueue(topic, payloadOf(number), { priority: number % 100 });
    },
    nowMs,
    pause: () => sleep(1),
    onMeasure: (moment) => {
      if (moment === "begin") onBegin();
    },
  });
}
