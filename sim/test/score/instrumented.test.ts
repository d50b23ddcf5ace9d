// The instrumented build of the real sources: with no mutant active it is the same program, and the canaries are
// among its mutants.

import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WorkCopies } from "../../src/kill/work-copy.js";
import { CANARIES, canariesOf } from "../../src/score/canaries.js";
import { instrumentedBuild, type InstrumentedBuild } from "../../src/score/instrument.js";
import { roomOf } from "../../src/score/mutation.js";
import { Yard } from "../../src/score/yard.js";

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
/** A short one. */
const SEED = 5;

let folder = "";
let build: InstrumentedBuild;
let yard: Yard;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "disheap-instrumented-test-")));
  build = await instrumentedBuild(root, join(folder, "build.json"));
  mkdirSync(join(folder, "copies"));
  yard = new Yard(new WorkCopies(root, join(folder, "copies"), false), build);
}, 300_000);

afterAll(() => {
  yard.end();
  rmSync(folder, { recursive: true, force: true });
});

test("a seed is the same run in the normal build and in the instrumented one", async () => {
  const plain = await yard.original().run(SEED);
  const whole = await yard.instrumented().run(SEED);
  expect(plain?.failure).toBeUndefined();
  expect(plain?.run?.trace).toMatch(/^[0-9a-f]{16}$/);
  expect(plain?.run?.hits).toEqual({});
  expect(whole?.run).toMatchObject({ trace: plain?.run?.trace, events: plain?.run?.events });
  const hits = Object.keys(whole?.run?.hits ?? {});
  expect(hits.length).toBeGreaterThan(build.mutations.length / 2);
}, 300_000);

test("an active mutant is passed in its own file alone, and dies there", async () => {
  const [canary] = canariesOf(build.mutations, CANARIES);
  const answer = await yard.mutated(canary, 1_000_000).run(SEED);
  expect(answer?.failure).toBeDefined();
}, 300_000);

test("every canary fits the sources", () => {
  for (const canary of CANARIES) {
    expect(canariesOf(build.mutations, [canary]), canary.original).not.toEqual([]);
  }
});

test("every room of core has mutants, and so has the turn", () => {
  const rooms = new Set(build.mutations.map(({ file }) => roomOf(file)));
  expect([...rooms]).toEqual(expect.arrayContaining(["raft", "delivery", "host", "io/turn"]));
});

test("a bound of passes ends a run", async () => {
  const [canary] = canariesOf(build.mutations, CANARIES);
  const answer = await yard.mutated(canary, 0).run(SEED);
  expect(answer?.failure?.message).toContain("Hit count limit reached (1)");
}, 300_000);
