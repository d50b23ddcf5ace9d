// Runs in a process of its own, from a copy of the built tree: one seed per message of the parent, one
// answer each. Ends when the parent lets go of it.

import { expandPlan } from "../plan/expand.js";
import { runPlan } from "../run/run-plan.js";

export interface SeedRequest {
  readonly seed: number;
  readonly eventsMax: number;
}

export interface SeedAnswer {
  readonly seed: number;
  /** The broken rule; null when the seed passed. */
  readonly rule: string | null;
  readonly message: string;
  /** Processor time of the whole process so far, in milliseconds. */
  readonly cpuMs: number;
}

process.on("message", ({ seed, eventsMax }: SeedRequest) => {
  const { failure } = runPlan(expandPlan(String(seed)), { eventsMax });
  const { user, system } = process.cpuUsage();
  const answer: SeedAnswer = {
    seed,
    rule: failure?.rule ?? null,
    message: failure?.message.split("\n")[0] ?? "",
    cpuMs: Math.round((user + system) / 1000),
  };
  process.send?.(answer);
});
