// An open loop: operations are due at a fixed pace, whatever became of those before. Latency counts from
// the moment an operation was *due*, so a stall of the system, or of this generator, is charged to every
// operation it held up (no coordinated omission). How late the generator itself was is kept apart.

import { Histogram } from "../histogram.js";

export interface OpenLoopOptions {
  readonly perSecond: number;
  /** Operations in all. */
  readonly operations: number;
  /** Those at the start that are carried out and not measured. */
  readonly warmup: number;
  readonly operation: (number: number) => Promise<void>;
  readonly nowMs: () => number;
  /** Resolves after about a millisecond. */
  readonly pause: () => Promise<void>;
  /** Called when the first measured operation is due, and when the last one was started. */
  readonly onMeasure?: (moment: "begin" | "end") => void;
}

export interface OpenLoopResult {
  readonly completed: number;
  readonly failed: number;
  readonly firstError: unknown;
  readonly latency: Histogram;
  /** Due moment to the moment the generator started the operation. */
  readonly lateness: Histogram;
}

export async function runOpenLoop(options: OpenLoopOptions): Promise<OpenLoopResult> {
  const { perSecond, operations, warmup, operation, nowMs, pause, onMeasure } = options;
  const latency = new Histogram();
  const lateness = new Histogram();
  const result = { completed: 0, failed: 0, firstError: undefined as unknown };
  const running: Promise<void>[] = [];
  const startMs = nowMs();

  const run = async (number: number, dueMs: number): Promise<void> => {
    const isMeasured = number >= warmup;
    if (isMeasured) lateness.record(nowMs() - dueMs);
    try {
      await operation(number);
      if (!isMeasured) return;
      latency.record(nowMs() - dueMs);
      result.completed += 1;
    } catch (error) {
      result.failed += 1;
      result.firstError ??= error;
    }
  };

  for (let next = 0; next < operations; await pause()) {
    const due = Math.floor(((nowMs() - startMs) * perSecond) / 1000) + 1;
    for (; next < Math.min(due, operations); next += 1) {
      if (next === warmup) onMeasure?.("begin");
      running.push(run(next, startMs + (next * 1000) / perSecond));
    }
  }
  onMeasure?.("end");
  await Promise.all(running);
  return { ...result, latency, lateness };
}
