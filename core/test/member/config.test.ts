import { expect, test } from "vitest";
import { DEFAULT_TIMING, timingProblem, type TimingConfig } from "../../src/member/config.js";

test("the timing that a node has without settings is right", () => {
  expect(timingProblem(DEFAULT_TIMING)).toBeUndefined();
});

test.each([
  [
    "a beat that comes as seldom as leaders are given up",
    { beatMs: 1_500 },
    "beatMs must be at most half",
  ],
  ["a tick longer than a beat", { tickMs: 200 }, "beatMs must be at least tickMs"],
  [
    "a stall noticed after its leader is given up",
    { diskStallMs: 1_500 },
    "diskStallMs must be below",
  ],
  [
    "a leader that goes after its successor came",
    { checkQuorumMs: 1_501 },
    "must not exceed electionMinMs",
  ],
  [
    "a range of election times that goes back",
    { electionMaxMs: 1_000 },
    "must be at least electionMinMs",
  ],
  ["elections that nobody waits for", { electionMaxMs: 60_001 }, "must not exceed 60000"],
] satisfies [string, Partial<TimingConfig>, string][])("%s is refused", (_, timing, says) => {
  expect(timingProblem({ ...DEFAULT_TIMING, ...timing })).toContain(says);
});
