import { availableParallelism } from "node:os";
import { describe, expect, test } from "vitest";
import { parseKillArguments, UsageProblem } from "../../src/kill/arguments.js";

describe("the command line", () => {
  test("tries 500 seeds on every mutant, with all cores, when nothing is said", () => {
    expect(parseKillArguments([])).toEqual({
      mutants: [],
      mutantFile: undefined,
      seeds: { from: 1, to: 500 },
      situations: false,
      checkTypes: false,
      jobs: availableParallelism(),
      json: false,
      help: false,
    });
  });

  test("takes mutants, seeds and jobs", () => {
    const args = [
      "--mutant",
      "raft-C1",
      "--mutant",
      "dec-9c",
      "--seeds",
      "7..9",
      "--jobs",
      "2",
      "--json",
      "--situations",
      "--check-types",
    ];
    expect(parseKillArguments(args)).toMatchObject({
      mutants: ["raft-C1", "dec-9c"],
      seeds: { from: 7, to: 9 },
      jobs: 2,
      json: true,
      situations: true,
      checkTypes: true,
    });
    expect(parseKillArguments(["--mutant-file", "x.json"]).mutantFile).toBe("x.json");
  });

  const wrong: readonly [string[], string][] = [
    [["--seeds", "9..7"], "--seeds"],
    [["--seeds", "7"], "--seeds"],
    [["--seeds", "-1..7"], "--seeds"],
    [["--jobs", "0"], "--jobs"],
    [["--mutant", "a", "--mutant-file", "b"], "not both"],
    [["--mutants", "a"], "--mutants"],
    [["raft-C1"], "raft-C1"],
  ];

  test.each(wrong)("%j is refused with a sentence", (args, says) => {
    expect(() => parseKillArguments(args)).toThrow(UsageProblem);
    expect(() => parseKillArguments(args)).toThrow(says);
  });
});
