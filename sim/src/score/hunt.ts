// The hunt of one mutant: seed after seed in a process of its own, until one fails. What counts as killed is what
// the simulator itself noticed; a run that has no end is told apart, since nobody looked at what it did.

import { CRASH, DID_NOT_END } from "../run/run-plan.js";
import type { Answer, SeedFailure } from "../kill/orders.js";
import { HIT_LIMIT } from "../kill/switches.js";
import type { CoveredSeed } from "./coverage.js";

/** `timed out`: it ran against a bound of events, of passes, of time or of memory. */
export type Verdict = "killed" | "timed out" | "survived" | "not reached";

export interface Finding {
  readonly verdict: Verdict;
  /** The seed that ended it; null when none did. */
  readonly seed: number | null;
  /** The rule that was broken, `assert`, `crash`, or the bound. */
  readonly by: string | null;
  readonly message: string;
  /** How many seeds ran. */
  readonly tried: number;
  /** Of those that passed: how many went another way than without the mutant. */
  readonly different: number;
  readonly cpuMs: number;
}

interface Ending {
  readonly verdict: "killed" | "timed out";
  readonly by: string;
}

const ASSERT = "InvariantViolation: ";

/** What a failure says about the mutant that was active. */
export function endingOf({ rule, message }: SeedFailure): Ending {
  if (rule === DID_NOT_END) {
    return { verdict: "timed out", by: message.includes("events") ? "events" : "time" };
  }
  if (rule !== CRASH) return { verdict: "killed", by: rule };
  if (message.includes(HIT_LIMIT)) return { verdict: "timed out", by: "passes" };
  if (message.includes("heap out of memory")) return { verdict: "timed out", by: "memory" };
  return { verdict: "killed", by: message.startsWith(ASSERT) ? "assert" : "crash" };
}

/** `run` gives no answer when everything is to end: then there is no finding. */
export async function huntMutant(
  seeds: readonly CoveredSeed[],
  run: (seed: number) => Promise<Answer | undefined>,
): Promise<Finding | undefined> {
  let [tried, different, cpuMs] = [0, 0, 0];
  for (const { seed, trace } of seeds) {
    const answer = await run(seed);
    if (!answer) return undefined;
    tried += 1;
    cpuMs += answer.cpuMs;
    const { failure } = answer;
    if (failure) {
      return { ...endingOf(failure), seed, message: failure.message, tried, different, cpuMs };
    }
    if (answer.run?.trace !== trace) different += 1;
  }
  const verdict = tried === 0 ? "not reached" : "survived";
  return { verdict, seed: null, by: null, message: "", tried, different, cpuMs };
}
