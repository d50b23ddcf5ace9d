import { describe, expect, test } from "vitest";
import type { Mutant } from "../../src/kill/mutant.js";
import {
  isAsExpected,
  jsonRow,
  tableHead,
  tableRow,
  totalJson,
  totalLine,
  type Outcome,
} from "../../src/kill/report.js";

const MUTANT: Mutant = {
  id: "raft-C1",
  title: "a title",
  origin: "o",
  edits: [{ file: "core/src/x.ts", find: "a", replace: "b" }],
  expect: ["R3"],
  needs: [],
};

function outcome(change: Partial<Outcome>): Outcome {
  const none = { rule: null, seed: null, situation: null, passedOver: [] };
  const id = change.id ?? "raft-C1";
  const counts = { seedsTried: 500, cpuSeconds: 300, atSeconds: 75.9 };
  return { id, killed: false, ...none, ...counts, mutant: { ...MUTANT, id }, ...change };
}

const bySeed = outcome({ killed: true, rule: "R3", seed: 12, seedsTried: 12, cpuSeconds: 7.25 });
const bySituation = outcome({
  id: "dec-7a",
  killed: true,
  situation: "sim/test/host/a.test.ts: D-7: a copy",
  seedsTried: 0,
  cpuSeconds: 0,
});
const survivor = outcome({ id: "dec-9c" });
const equivalent = outcome({ id: "raft-A1", mutant: { ...MUTANT, equivalent: "because" } });

describe("the table", () => {
  test("has a row per mutant in fixed columns", () => {
    const rows = [tableHead(), tableRow(bySeed), tableRow(survivor)];
    const column = rows[0].indexOf("title");
    expect(rows.map((r) => r.slice(column))).toEqual(["title", "a title", "a title"]);
    expect(rows[1]).toMatch(/^raft-C1 +killed +R3 +12 +12 +7.3 +1:15 +a title$/);
    expect(rows[2]).toMatch(/^dec-9c +SURVIVED +- +- +500 +300.0 +1:15 +a title$/);
  });

  test("names the test that killed", () => {
    expect(tableRow(bySituation)).toMatch(
      /^dec-7a +killed +situation +- +0 .* a title; killed by sim\/test\/host\/a.test.ts: D-7: a copy$/,
    );
  });

  test("has room for the longest word in place of a rule", () => {
    const row = tableRow({ ...bySeed, rule: "did not end" });
    expect(row.indexOf("a title")).toBe(tableHead().indexOf("title"));
  });

  test("names what failed and did not count", () => {
    expect(tableRow({ ...survivor, passedOver: ["seed 4", "seed 9"] })).toContain(
      "a title; not counted, for it fails without the bug too: seed 4, seed 9",
    );
  });

  test("does not expect the death of what nothing can kill", () => {
    expect(tableRow(equivalent)).toMatch(/^raft-A1 +lived .*; as its file says$/);
    const killed = { ...equivalent, killed: true, rule: "R1", seed: 1 };
    expect(tableRow(killed)).toMatch(
      /^raft-A1 +KILLED .*; its file says that nothing can kill it$/,
    );
    const all = [bySeed, bySituation, equivalent, survivor, killed];
    expect(all.map(isAsExpected)).toEqual([true, true, true, false, false]);
  });
});

describe("the totals", () => {
  const totals = { outcomes: [bySeed, survivor, bySituation], leftOut: [], wallSeconds: 601 };

  test("count, and name what was not as expected", () => {
    expect(totalLine(totals)).toBe(
      "2 of 3 killed: 1 by seeds (median 12 tried), 1 by situations; " +
        "took 10:01, seeds 307 s of processor time; not as expected: dec-9c",
    );
  });

  test("say what was left out", () => {
    const leftOut = ["dec-7a", "dec-23c"];
    expect(totalLine({ outcomes: [bySeed], leftOut, wallSeconds: 5 })).toBe(
      "1 of 1 killed: 1 by seeds (median 12 tried), 0 by situations; " +
        "took 0:05, seeds 7 s of processor time; left out, for --situations: dec-23c, dec-7a",
    );
  });

  test("name who died by another rule than its file expects", () => {
    const other = { ...bySeed, rule: "R8" };
    expect(tableRow(other)).toContain("a title; its file expects R3");
    expect(totalLine({ outcomes: [other], leftOut: [], wallSeconds: 5 })).toContain(
      "; by another rule than expected: raft-C1",
    );
  });

  test("are one object for machines, after one per mutant", () => {
    const { mutant, ...kill } = bySeed;
    expect(JSON.parse(jsonRow(bySeed))).toEqual({ ...kill, expected: true });
    expect(mutant.equivalent).toBeUndefined();
    expect(JSON.parse(jsonRow(equivalent))).toMatchObject({ id: "raft-A1", expected: false });
    expect(JSON.parse(totalJson({ ...totals, leftOut: ["dec-7b"] }))).toEqual({
      mutants: 3,
      killedBySeeds: 1,
      killedBySituations: 1,
      survivors: ["dec-9c"],
      notEquivalent: [],
      byAnotherRule: [],
      leftOut: ["dec-7b"],
      cpuSeconds: 307.25,
      wallSeconds: 601,
    });
  });
});
