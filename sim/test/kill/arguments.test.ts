import { describe, expect, test } from "vitest";
import { parseKillArguments, UsageProblem } from "../../src/kill/arguments.js";
import { tableHead, tableRow, totalLine } from "../../src/kill/report.js";

describe("the command line", () => {
  test("tries 500 seeds on every mutant when nothing is said", () => {
    expect(parseKillArguments([])).toEqual({
      mutants: [],
      mutantFile: undefined,
      seeds: { from: 1, to: 500 },
      jobs: 1,
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
    ];
    expect(parseKillArguments(args)).toMatchObject({
      mutants: ["raft-C1", "dec-9c"],
      seeds: { from: 7, to: 9 },
      jobs: 2,
      json: true,
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

describe("the table", () => {
  const killed = {
    id: "raft-C1",
    killed: true,
    rule: "R3",
    seed: 12,
    seedsTried: 12,
    cpuSeconds: 7.25,
  };
  const survivor = {
    id: "dec-9c",
    killed: false,
    rule: null,
    seed: null,
    seedsTried: 500,
    cpuSeconds: 300,
  };

  test("has a row per mutant in fixed columns", () => {
    const rows = [tableHead(), tableRow(killed, "one"), tableRow(survivor, "two")];
    const column = rows[0].indexOf("title");
    expect(rows.map((r) => r.slice(column))).toEqual(["title", "one", "two"]);
    expect(rows[1]).toMatch(/^raft-C1 +killed +R3 +12 +12 +7.3 +one$/);
    expect(rows[2]).toMatch(/^dec-9c +SURVIVED +- +- +500 +300.0 +two$/);
  });

  test("ends with a total that names the survivors", () => {
    expect(totalLine([killed, survivor])).toBe(
      "1 of 2 killed, median 12 seeds, 307 s of processor time; survivors: dec-9c",
    );
    expect(totalLine([killed])).toBe("1 of 1 killed, median 12 seeds, 7 s of processor time");
  });
});
