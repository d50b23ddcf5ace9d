// The hunt of one mutant by seeds and by situations: what it asks for, and what it makes of the answers.

import { describe, expect, test } from "vitest";
import { Hunt } from "../../src/kill/hunt.js";
import type { Mutant } from "../../src/kill/mutant.js";
import { ORIGINAL, SITUATIONS, type FailedTest, type Order } from "../../src/kill/orders.js";

const MUTANT: Mutant = {
  id: "raft-A5",
  title: "t",
  origin: "o",
  edits: [{ file: "core/src/x.ts", find: "a", replace: "b" }],
  expect: ["R3"],
  needs: [],
};
const FILE = "sim/test/host/cut-tail.test.ts";
const range = { from: 3, to: 5 };

const failed = (name: string, file = FILE): FailedTest => ({ file, name });
const rule = (name: string) => ({ failure: { rule: name, message: "m" }, cpuMs: 500 });
const passed = { cpuMs: 1000 };

/** Answers the next order, which must be the one that is expected. */
function step(hunt: Hunt, order: Order, answer: Parameters<Hunt["answer"]>[1]): void {
  expect(hunt.take()).toEqual(order);
  hunt.answer(order, answer);
}

const seed = (n: number, copy = MUTANT.id): Order => ({ kind: "seed", copy, seed: n });
const tests = (path: string, copy = MUTANT.id): Order => ({ kind: "tests", copy, path });

/** All seeds pass. */
function outlive(hunt: Hunt): void {
  for (const n of [3, 4, 5]) step(hunt, seed(n), passed);
}

describe("a hunt by seeds alone", () => {
  test("ends with the seed that fails with the mutant only", () => {
    const hunt = new Hunt(MUTANT, range, false);
    step(hunt, seed(3), passed);
    step(hunt, seed(4), rule("R1"));
    expect(hunt.doubt).toEqual(seed(4, ORIGINAL));
    expect(hunt.kill).toBeUndefined();
    hunt.settle(seed(4, ORIGINAL), passed);
    expect(hunt.doubt).toBeUndefined();
    expect(hunt.kill).toEqual({
      id: "raft-A5",
      killed: true,
      rule: "R1",
      seed: 4,
      situation: null,
      passedOver: [],
      seedsTried: 2,
      cpuSeconds: 1.5,
    });
  });

  test("leaves a survivor, also of a mutant with a situation", () => {
    const hunt = new Hunt({ ...MUTANT, situation: FILE }, range, false);
    outlive(hunt);
    expect(hunt.kill).toMatchObject({ killed: false, rule: null, seed: null, seedsTried: 3 });
    expect(hunt.take()).toBeUndefined();
  });

  test("says which seeds it passed over", () => {
    const hunt = new Hunt(MUTANT, range, false);
    step(hunt, seed(3), rule("L1"));
    hunt.settle(seed(3, ORIGINAL), rule("L1"));
    step(hunt, seed(4), passed);
    step(hunt, seed(5), passed);
    expect(hunt.kill).toMatchObject({ killed: false, passedOver: ["seed 3"], seedsTried: 3 });
  });
});

describe("a hunt with situations", () => {
  test("runs all of them after the seeds did not find the mutant", () => {
    const hunt = new Hunt(MUTANT, range, true);
    outlive(hunt);
    expect(hunt.kill).toBeUndefined();
    expect(hunt.openings).toBe(1);
    step(hunt, tests(SITUATIONS), { tests: [failed("one"), failed("two")], cpuMs: 0 });
    expect(hunt.doubt).toEqual(tests(SITUATIONS, ORIGINAL));
    hunt.settle(tests(SITUATIONS, ORIGINAL), { tests: [], cpuMs: 0 });
    expect(hunt.kill).toMatchObject({
      killed: true,
      rule: null,
      seed: null,
      situation: `${FILE}: one`,
      seedsTried: 3,
      cpuSeconds: 3,
    });
  });

  test("runs none of them after a seed found the mutant", () => {
    const hunt = new Hunt(MUTANT, range, true);
    step(hunt, seed(3), rule("R1"));
    hunt.settle(seed(3, ORIGINAL), passed);
    expect(hunt.kill).toMatchObject({ killed: true, seed: 3 });
    expect(hunt.openings).toBe(0);
  });

  test("goes on with them also when the last seed fails anyway", () => {
    const hunt = new Hunt(MUTANT, { from: 5, to: 5 }, true);
    step(hunt, seed(5), rule("L1"));
    hunt.settle(seed(5, ORIGINAL), rule("L1"));
    step(hunt, tests(SITUATIONS), { tests: [], cpuMs: 0 });
    expect(hunt.kill).toMatchObject({ killed: false, seedsTried: 1, passedOver: ["seed 5"] });
  });

  test("runs only the one that the mutant's file names, and no seed", () => {
    const hunt = new Hunt({ ...MUTANT, situation: FILE }, range, true);
    expect(hunt.openings).toBe(1);
    step(hunt, tests(FILE), { tests: [failed("one")], cpuMs: 0 });
    expect(hunt.take()).toBeUndefined();
    expect(hunt.doubt).toEqual(tests(FILE, ORIGINAL));
    hunt.settle(tests(FILE, ORIGINAL), { tests: [], cpuMs: 0 });
    expect(hunt.kill).toMatchObject({ killed: true, situation: `${FILE}: one`, seedsTried: 0 });
  });

  test("leaves a survivor at once when the named one passes", () => {
    const hunt = new Hunt({ ...MUTANT, situation: FILE }, range, true);
    step(hunt, tests(FILE), { tests: [], cpuMs: 0 });
    expect(hunt.doubt).toBeUndefined();
    expect(hunt.kill).toMatchObject({ killed: false, situation: null });
  });

  test("counts no test that fails without the mutant too", () => {
    const hunt = new Hunt({ ...MUTANT, situation: FILE }, range, true);
    step(hunt, tests(FILE), { tests: [failed("one"), failed("two")], cpuMs: 0 });
    // A test of the same name in another file says nothing.
    const anyway = [failed("one"), failed("two", "sim/test/host/other.test.ts")];
    hunt.settle(tests(FILE, ORIGINAL), { tests: anyway, cpuMs: 0 });
    const passedOver = [`${FILE}: one`];
    expect(hunt.kill).toMatchObject({ killed: true, situation: `${FILE}: two`, passedOver });
  });

  test("counts nothing when the tests cannot be run without the mutant", () => {
    const hunt = new Hunt({ ...MUTANT, situation: FILE }, range, true);
    step(hunt, tests(FILE), { tests: [failed("one")], cpuMs: 0 });
    const broken = { ...failed("the test process ended with 1"), isWholeRun: true } as const;
    hunt.settle(tests(FILE, ORIGINAL), { tests: [broken], cpuMs: 0 });
    expect(hunt.kill).toMatchObject({ killed: false, passedOver: [`${FILE}: one`] });
  });
});

describe("a hunt of a mutant that seeds and its situation find", () => {
  const BOTH: Mutant = { ...MUTANT, situation: FILE, alsoBySeeds: true };
  const bySeed = (hunt: Hunt): void => {
    step(hunt, seed(3), rule("R1"));
    hunt.settle(seed(3, ORIGINAL), passed);
  };
  const byTest = (hunt: Hunt): void => {
    step(hunt, tests(FILE), { tests: [failed("one")], cpuMs: 0 });
    hunt.settle(tests(FILE, ORIGINAL), { tests: [], cpuMs: 0 });
  };

  test("asks both, and both have to find it", () => {
    const hunt = new Hunt(BOTH, range, true);
    bySeed(hunt);
    expect(hunt.kill).toBeUndefined();
    byTest(hunt);
    const situation = `${FILE}: one`;
    expect(hunt.kill).toMatchObject({ killed: true, rule: "R1", seed: 3, situation });
  });

  test("leaves a survivor when only one of them does, and says which", () => {
    const noSeed = new Hunt(BOTH, range, true);
    outlive(noSeed);
    byTest(noSeed);
    expect(noSeed.kill).toMatchObject({ killed: false, seed: null, situation: `${FILE}: one` });
    const noTest = new Hunt(BOTH, range, true);
    bySeed(noTest);
    step(noTest, tests(FILE), { tests: [], cpuMs: 0 });
    expect(noTest.kill).toMatchObject({ killed: false, seed: 3, situation: null });
  });

  test("is by seeds alone without situations", () => {
    const hunt = new Hunt(BOTH, range, false);
    bySeed(hunt);
    expect(hunt.kill).toMatchObject({ killed: true, seed: 3, situation: null });
    expect(hunt.take()).toBeUndefined();
  });
});
