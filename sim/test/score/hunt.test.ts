// What the end of a run says about the mutant that was active.

import { expect, test } from "vitest";
import type { CoveredSeed } from "../../src/score/coverage.js";
import { endingOf, huntMutant } from "../../src/score/hunt.js";

const seed = (n: number, trace = "t"): CoveredSeed => ({
  seed: n,
  trace,
  events: 1,
  count: 1,
  reached: "",
});

test("a broken rule, an assertion and a crash kill; bounds are told apart", () => {
  const cases = [
    ["Q3", "handed out twice", "killed", "Q3"],
    ["crash", "InvariantViolation: LOG1: a gap", "killed", "assert"],
    ["crash", "TypeError: x is undefined", "killed", "crash"],
    ["crash", "Error: Stryker: Hit count limit reached (7)", "timed out", "passes"],
    [
      "crash",
      "FATAL ERROR: Reached heap limit ... JavaScript heap out of memory",
      "timed out",
      "memory",
    ],
    ["did not end", "the run did not end within 3000000 events", "timed out", "events"],
    ["did not end", "the run did not end within 300 s", "timed out", "time"],
  ];
  for (const [rule, message, verdict, by] of cases) {
    expect(endingOf({ rule, message }), message).toEqual({ verdict, by });
  }
});

test("the first seed that fails ends the hunt", async () => {
  const asked: number[] = [];
  const finding = await huntMutant([seed(4), seed(2, "other"), seed(9), seed(1)], (n) => {
    asked.push(n);
    const failure = n === 9 ? { rule: "R1", message: "two leaders" } : undefined;
    const run = { trace: "t", events: 1, hits: {} };
    return Promise.resolve({ failure, cpuMs: 10, run });
  });
  expect(asked).toEqual([4, 2, 9]);
  expect(finding).toEqual({
    verdict: "killed",
    by: "R1",
    seed: 9,
    message: "two leaders",
    tried: 3,
    different: 1,
    cpuMs: 30,
  });
});

test("no seed, no process, no verdict of life; no answer, no verdict at all", async () => {
  const never = () => Promise.resolve(undefined);
  expect(await huntMutant([], never)).toMatchObject({ verdict: "not reached", tried: 0 });
  expect(await huntMutant([seed(1)], never)).toBeUndefined();
});
