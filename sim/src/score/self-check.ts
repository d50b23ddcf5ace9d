// `--self-check`: is the tool itself whole? Survivors are none of its business. Without an active mutant every seed
// must pass and be the same run as in the normal build; one canary must die; and each mutant of the sample
// must get a verdict.

import { CANARIES, canariesOf, type Canary } from "./canaries.js";
import type { Mutation } from "./mutation.js";
import type { ScoreRun } from "./run.js";

export interface Check {
  readonly name: string;
  /** Empty when all is well. */
  readonly problem: string;
}

export async function selfCheck(
  run: ScoreRun,
  seedsMax: number,
  canaries: readonly Canary[] = CANARIES,
): Promise<Check[]> {
  await run.run();
  await run.cover();
  return [
    await sameRuns(run, seedsMax),
    await canaryDies(run, canariesOf(run.all, canaries)),
    ...judged(run),
  ];
}

async function sameRuns(run: ScoreRun, seedsMax: number): Promise<Check> {
  const name = "without a mutant all seeds pass, as in the normal build";
  const place = run.yard.original();
  const problems: string[] = [];
  for (let seed = 1; seed <= seedsMax; seed += 1) {
    const [answer, covered] = [await place.run(seed), run.coverage.get(seed)];
    if (!answer || !covered) problems.push(`seed ${seed} was not run`);
    else if (answer.failure) problems.push(`seed ${seed} fails: ${answer.failure.message}`);
    else if (covered.failure) {
      problems.push(`seed ${seed} fails when instrumented: ${covered.failure.message}`);
    } else if (answer.run?.trace !== covered.trace) {
      problems.push(`seed ${seed} is another run when instrumented`);
    }
  }
  place.end();
  return { name, problem: problems.join("; ") };
}

async function canaryDies(run: ScoreRun, canaries: readonly Mutation[]): Promise<Check> {
  const name = "a canary dies";
  for (const canary of canaries) {
    const result = await run.hunt(canary, () => undefined);
    if (result?.verdict === "killed") return { name, problem: "" };
  }
  const problem =
    canaries.length === 0
      ? "none of sim/src/score/canaries.ts fits the sources: bring them up to date"
      : `all ${canaries.length} live: nothing is switched on, or nothing is noticed`;
  return { name, problem };
}

function judged(run: ScoreRun): Check[] {
  const { results, open } = run.story;
  return [
    ...results.map(({ id, verdict }) => ({ name: `mutant ${id}: ${verdict}`, problem: "" })),
    ...Array.from({ length: open }, () => ({ name: "a mutant", problem: "it was not judged" })),
  ];
}
