// The whole of a run on a toy: planted mutants get their verdicts, what is known is not run again, and a change
// begins anew.

import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseScoreArguments } from "../../src/score/arguments.js";
import type { Result } from "../../src/score/ledger.js";
import { ScoreRun } from "../../src/score/run.js";
import { selfCheck } from "../../src/score/self-check.js";
import { changeToy, TOY, toyRepository } from "./toy-repository.js";

let folder = "";
let root = "";
let runs = 0;
/** All mutants of the toy that compile, with six seeds. */
let first: Made;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "disheap-score-test-")));
  root = join(folder, "repository");
  toyRepository(root);
  first = await score(root, "--sample", "99", "--seeds-max", "6");
}, 300_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Made {
  readonly run: ScoreRun;
  /** Judged in this run, in the order of their ends. */
  readonly judged: Result[];
  readonly progress: string[];
  end(): void;
}

async function prepare(root: string, ...args: string[]): Promise<Made> {
  runs += 1;
  const scratch = join(folder, `scratch-${runs}`);
  mkdirSync(scratch);
  const judged: Result[] = [];
  const progress: string[] = [];
  let end = (): void => undefined;
  const run = await ScoreRun.prepare(parseScoreArguments(["--jobs", "2", ...args]), {
    root,
    scratch,
    commit: "c",
    date: "2026-01-01",
    onProgress: (text) => progress.push(text),
    onResult: (result) => judged.push(result),
    onEnd: (last) => {
      end = last;
    },
  });
  return { run, judged, progress, end: () => end() };
}

async function score(root: string, ...args: string[]): Promise<Made> {
  const made = await prepare(root, ...args);
  await made.run.run();
  made.end();
  return made;
}

/** A toy of its own, for a test that changes it. */
function ownToy(name: string): string {
  const own = join(folder, name);
  toyRepository(own);
  return own;
}

/** Options that name mutants of the toy. */
function only(...changes: (readonly [string, string])[]): string[] {
  return changes.flatMap(([original, replacement]) => {
    const found = first.run.all.find(
      (one) => one.original === original && one.replacement === replacement,
    );
    if (!found) throw new Error(`no mutant ${original} -> ${replacement}`);
    return ["--mutant", String(found.id)];
  });
}

const DIES = ["total += numbers[i]", "total -= numbers[i]"] as const;
const LIVES = ["n > 3", "true"] as const;

interface File {
  readonly refused: { readonly id: number; readonly problem: string }[];
  readonly earlier: { readonly totals: { readonly killed: number } }[];
}

function fileOf(root: string): File {
  return JSON.parse(readFileSync(join(root, "docs/reports/score.json"), "utf8")) as File;
}

function find(made: Made, original: string, replacement: string): Result {
  const found = made.run.story.results.find(
    (r) => r.original === original && r.replacement === replacement,
  );
  if (!found) throw new Error(`no result for ${original} -> ${replacement}`);
  return found;
}

test("one that dies, one that lives, one never reached and an endless loop are told apart", () => {
  expect(find(first, ...DIES)).toMatchObject({
    verdict: "killed",
    by: "Q1",
    message: "the sum is wrong",
    tried: 1,
    room: "toy",
    file: TOY,
    line: 5,
  });
  // Passed by the even seeds alone; of 2, 4 and 6 it answers otherwise in the first.
  expect(find(first, ...LIVES)).toMatchObject({
    verdict: "survived",
    seed: null,
    tried: 3,
    different: 1,
  });
  expect(find(first, "n * 2", "n / 2")).toMatchObject({ verdict: "not reached", tried: 0 });
  expect(find(first, "i += 1", "i -= 1")).toMatchObject({ verdict: "timed out", by: "passes" });
  // Passed as the file is loaded, so by every seed; seed 5 proves nothing.
  expect(find(first, "10 - 1", "10 + 1")).toMatchObject({ verdict: "survived", tried: 5 });
  expect(first.run.story.unsound).toEqual([{ seed: 5, rule: "Q9" }]);
  expect(first.judged).toHaveLength(first.run.story.results.length);
});

test("what does not compile is drawn and passed over, and says why", () => {
  expect(first.run.story.refused).toBeGreaterThan(0);
  const [refused] = fileOf(root).refused;
  expect(first.run.all.find(({ id }) => id === refused.id)?.mutator).toBe("BlockStatement");
  expect(refused.problem).toContain("must return a value");
  expect(refused.problem).not.toContain(folder);
});

test("no text is mutated, and nothing is written into dist", () => {
  expect(first.run.all.map(({ original }) => original).join()).not.toContain("no text");
  expect(readFileSync(join(root, "core/dist/toy/toy.js"), "utf8")).not.toContain("stryMutAct");
});

test("the same seed draws the same mutants, and what is known is not run again", async () => {
  const draw = (seed: string, ...more: string[]) =>
    score(root, "--sample", "3", "--seeds-max", "6", "--seed", seed, ...more);
  const ids = ({ run }: Made): number[] => run.story.results.map(({ id }) => id);
  const [one, same, other] = [await draw("7"), await draw("7", "--rooms", "toy"), await draw("8")];
  expect(ids(one)).toHaveLength(3);
  expect(ids(same)).toEqual(ids(one));
  expect(ids(other)).not.toEqual(ids(one));
  for (const { judged } of [one, same, other]) expect(judged).toEqual([]);
  await expect(draw("7", "--rooms", "attic")).rejects.toThrow(
    "There is no room attic. There are: toy.",
  );
});

test("more seeds run only the further ones", async () => {
  const args = ["--reports", "elsewhere", ...only(LIVES, DIES)];
  const few = await score(root, ...args, "--seeds-max", "2");
  expect(find(few, ...LIVES)).toMatchObject({ tried: 1, different: 1, seedsMax: 2 });
  const more = await score(root, ...args, "--seeds-max", "6");
  expect(more.judged.map(({ original }) => original)).toEqual([LIVES[0]]);
  expect(find(more, ...LIVES)).toMatchObject({ tried: 3, different: 1, seedsMax: 6 });
  // The coverage of all six is kept from before.
  expect(more.progress.filter((text) => text.startsWith("coverage"))).toEqual([]);
});

test("a run that is ended early keeps what it learned, and the next goes on", async () => {
  const args = ["--reports", "ended", "--seeds-max", "6", "--jobs", "1"];
  const args3 = [...args, ...only(DIES, LIVES, ["10 - 1", "10 + 1"])];
  const made = await prepare(root, ...args3);
  const push = made.judged.push.bind(made.judged);
  made.judged.push = (...results) => {
    made.end();
    return push(...results);
  };
  await made.run.run();
  expect(made.judged.map(({ original }) => original)).toEqual([DIES[0]]);
  expect(made.run.story.open).toBe(2);
  const next = await score(root, ...args3);
  expect(next.judged.map(({ original }) => original)).toEqual([LIVES[0], "10 - 1"]);
  expect(next.run.story.open).toBe(0);
});

test("a changed source begins anew, and so does a changed judge; totals of before are kept", async () => {
  const own = ownToy("changed");
  const args = ["--seeds-max", "2", ...only(DIES)];
  await score(own, ...args);
  changeToy(own, "n > 3", "n > 4");
  expect((await score(own, ...args)).judged).toHaveLength(1);
  expect(fileOf(own).earlier.map(({ totals }) => totals.killed)).toEqual([1]);
  mkdirSync(join(own, "sim/src/oracle"), { recursive: true });
  writeFileSync(join(own, "sim/src/oracle/new-rule.ts"), "export {};\n");
  expect((await score(own, ...args)).judged).toHaveLength(1);
  expect(fileOf(own).earlier).toHaveLength(2);
});

test("the self-check fails for a broken tool, and for no survivor", async () => {
  const canary = ([original, replacement]: readonly [string, string]) => ({
    file: TOY,
    original,
    replacement,
  });
  const check = async (seedsMax: number, ...canaries: (readonly [string, string])[]) => {
    const args = ["--sample", "99", "--seeds-max", String(seedsMax)];
    const made = await prepare(root, ...args);
    const checks = await selfCheck(made.run, seedsMax, canaries.map(canary));
    made.end();
    return checks.filter(({ problem }) => problem !== "").map(({ problem }) => problem);
  };
  expect(await check(4, LIVES, DIES)).toEqual([]);
  expect(await check(4, LIVES)).toEqual([
    "all 1 live: nothing is switched on, or nothing is noticed",
  ]);
  expect((await check(4))[0]).toContain("bring them up to date");
  expect(await check(5, DIES)).toEqual(["seed 5 fails: always"]);
});
