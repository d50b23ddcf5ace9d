import { describe, expect, test } from "vitest";
import { UsageProblem } from "../../src/kill/arguments.js";
import { parseScoreArguments } from "../../src/score/arguments.js";

describe("the command line", () => {
  test("draws 150 mutants with seed 1 and runs 300 seeds when nothing is said", () => {
    expect(parseScoreArguments([])).toMatchObject({
      sample: 150,
      seed: 1,
      seedsMax: 300,
      rooms: [],
      mutants: [],
      reports: "docs/reports",
      selfCheck: false,
      json: false,
    });
  });

  test("takes a sample, rooms, mutants and jobs", () => {
    const text =
      "--sample 6 --seed 0 --seeds-max 4 --rooms raft,io/turn --mutant 7 --jobs 2 --json";
    expect(parseScoreArguments(text.split(" "))).toMatchObject({
      sample: 6,
      seed: 0,
      seedsMax: 4,
      rooms: ["raft", "io/turn"],
      mutants: [7],
      jobs: 2,
      json: true,
    });
  });

  test("refuses what makes no sense, and says what to write", () => {
    for (const args of [["--sample", "0"], ["--seed", "x"], ["--jobs", "-1"], ["--more"]]) {
      expect(() => parseScoreArguments(args), args.join(" ")).toThrow(UsageProblem);
    }
    expect(() => parseScoreArguments(["--sample", "few"])).toThrow(
      '--sample takes a whole number of at least 1, not "few".',
    );
  });
});
