import { expect, test } from "vitest";
import { DEFAULT_TIMING, timingProblem, type TimingConfig } from "../../src/member/config.js";

test("the timing that a node has without settings is right", () => {
  expect(timingProblem(DEFAULT_TIMING)).toBeUndefined();
});

test.each([
  [
    "a beat that comes as seldom as leaders are given up",
    { beatMs: 1_500 },
    "beatMs, rounded up to a multiple of tickMs, must be at most half",
  ],
  [
    "a beat that waits for a tick until then",
    { tickMs: 99, beatMs: 100, checkQuorumMs: 390, diskStallMs: 300 },
    "beatMs, rounded up to a multiple of tickMs, must be at most half",
  ],
  ["no ticks", { tickMs: 0 }, "tickMs at least 1"],
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
    "must be at least 100 ms above electionMinMs",
  ],
  ["election times that do not differ", { electionMaxMs: 1_500 }, "at the same time elect nobody"],
  ["election times that differ by less than a vote", { tickMs: 1, electionMaxMs: 1_599 }, "100 ms"],
  ["election times of too few ticks", { electionMaxMs: 1_699 }, "4 times tickMs"],
  ["a stall that is none", { diskStallMs: 99 }, "diskStallMs must be at least 100"],
  [
    "elections that are over before a vote is",
    { electionMinMs: 199, checkQuorumMs: 199, diskStallMs: 100, beatMs: 50 },
    "electionMinMs must be at least 200",
  ],
  [
    "all of it as short as can be",
    {
      tickMs: 1,
      beatMs: 1,
      checkQuorumMs: 2,
      electionMinMs: 2,
      electionMaxMs: 2,
      diskStallMs: 1,
    },
    "diskStallMs must be at least 100",
  ],
  ["elections that nobody waits for", { electionMaxMs: 60_001 }, "must not exceed 60000"],
] satisfies [string, Partial<TimingConfig>, string][])("%s is refused", (_, timing, says) => {
  expect(timingProblem({ ...DEFAULT_TIMING, ...timing })).toContain(says);
});

test.each([
  { beatMs: 50 },
  { beatMs: 750 },
  { tickMs: 99, beatMs: 100, checkQuorumMs: 396, diskStallMs: 300 },
  { diskStallMs: 1_499 },
  { checkQuorumMs: 1_500 },
  { electionMaxMs: 1_700 },
  { tickMs: 1, electionMaxMs: 1_600 },
  { electionMinMs: 200, checkQuorumMs: 200, diskStallMs: 100 },
  { electionMaxMs: 60_000 },
] satisfies Partial<TimingConfig>[])("%j is still right", (timing) => {
  expect(timingProblem({ ...DEFAULT_TIMING, ...timing })).toBeUndefined();
});
