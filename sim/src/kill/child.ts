// Runs in a process of its own, from the copy that holds the mutant: seeds one after another until one
// fails, one line of JSON per seed. `node child.js FROM TO`.

import { expandPlan } from "../plan/expand.js";
import { runPlan } from "../run/run-plan.js";

/** What the child says of one seed. */
export interface SeedLine {
  readonly seed: number;
  /** The broken rule; null when the seed passed. */
  readonly rule: string | null;
  readonly message: string;
  /** Processor time of the whole process so far, in milliseconds. */
  readonly cpuMs: number;
}

const [from, to] = process.argv.slice(2).map(Number);
for (let seed = from; seed <= to; seed += 1) {
  const { failure } = runPlan(expandPlan(String(seed)));
  const { user, system } = process.cpuUsage();
  const line: SeedLine = {
    seed,
    rule: failure?.rule ?? null,
    message: failure?.message.split("\n")[0] ?? "",
    cpuMs: Math.round((user + system) / 1000),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
  if (failure) break;
}
