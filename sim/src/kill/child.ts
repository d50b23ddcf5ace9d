// Runs in a process of its own, from a copy of the built tree: one seed per message of the parent, one
// answer each. Ends when the parent lets go of it. Where the build is instrumented for `npm run sim:score`, it
// also keeps to the bound of the active mutant and says which mutants the seed passed.

import { expandPlan } from "../plan/expand.js";
import { runPlan } from "../run/run-plan.js";
import { takeHits, watchSeed, type Hits } from "./switches.js";

export interface SeedRequest {
  readonly seed: number;
  readonly eventsMax: number;
  /** How often the active mutant may be passed; without it, as often as it likes. */
  readonly hitsMax?: number;
}

/** What a run was, whether it failed or not. */
export interface SeedRun {
  readonly trace: string;
  readonly events: number;
  /** Of an instrumented build without an active mutant: how often each mutant was passed. */
  readonly hits: Hits;
}

export interface SeedAnswer {
  readonly seed: number;
  /** The broken rule; null when the seed passed. */
  readonly rule: string | null;
  readonly message: string;
  /** Processor time of the whole process so far, in milliseconds. */
  readonly cpuMs: number;
  readonly run: SeedRun;
}

process.on("message", ({ seed, eventsMax, hitsMax }: SeedRequest) => {
  watchSeed(seed, hitsMax);
  const { failure, trace, events } = runPlan(expandPlan(String(seed)), { eventsMax });
  const { user, system } = process.cpuUsage();
  const answer: SeedAnswer = {
    seed,
    rule: failure?.rule ?? null,
    message: failure?.message.split("\n")[0] ?? "",
    cpuMs: Math.round((user + system) / 1000),
    run: { trace, events, hits: takeHits(seed) },
  };
  process.send?.(answer);
});
