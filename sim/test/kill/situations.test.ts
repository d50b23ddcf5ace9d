// Tests of situations in a copy, by the real vitest: they see the copy's rooms, and a process that fails in
// another way than by a test is told too.

import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TestProcess } from "../../src/kill/situations.js";
import { WorkCopies } from "../../src/kill/work-copy.js";
import { smallRepository } from "./small-repository.js";

const HOST = "sim/test/host";
let folder = "";
let copies: WorkCopies;

const host = (name: string, text: string): readonly [string, string] => [
  `${HOST}/${name}.test.ts`,
  `import { expect, test } from "vitest";\n${text}`,
];

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "disheap-situations-test-")));
  const root = join(folder, "repository");
  smallRepository(
    root,
    Object.fromEntries([
      ["core/dist/order.js", "export const isBefore = (a, b) => a < b;\n"],
      ["core/dist/index.js", 'export * from "./order.js";\n'],
      ["sim/src/limit.ts", "export const LIMIT: number = 7;\n"],
      host(
        "order",
        `import { isBefore } from "@disheap/core";
         test("a number is not before itself", () => expect(isBefore(1, 1)).toBe(false));
         test("one is before two", () => expect(isBefore(1, 2)).toBe(true));`,
      ),
      host(
        "aside",
        `import { tmpdir } from "node:os";
         test("what is put aside goes with the copy", () => expect(tmpdir()).toContain(process.cwd()));`,
      ),
      host(
        "limit",
        `import { LIMIT } from "../../src/limit.js";
         test("the limit is seven", () => expect(LIMIT).toBe(7));`,
      ),
    ]),
  );
  mkdirSync(join(folder, "copies"));
  copies = new WorkCopies(root, join(folder, "copies"), true);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The failed tests of a copy in which some files read otherwise. */
function run(id: string, changed: Readonly<Record<string, string>>, path = HOST, wallMs?: number) {
  return new TestProcess(copies.make(id, new Map(Object.entries(changed))), path, wallMs).failed();
}

test("all pass without a mutant", async () => {
  expect(await new TestProcess(copies.original, HOST).failed()).toEqual([]);
});

test("those that see the mutant fail, by file and name", async () => {
  const order = "export const isBefore = (a, b) => a <= b;\n";
  expect(await run("dec-1", { "core/dist/order.js": order })).toEqual([
    { file: `${HOST}/order.test.ts`, name: "a number is not before itself" },
  ]);
});

test("a mutant of the simulator is seen where tests import its sources", async () => {
  const limit = "export const LIMIT: number = 8;\n";
  expect(await run("dec-2", { "sim/src/limit.ts": limit })).toEqual([
    { file: `${HOST}/limit.test.ts`, name: "the limit is seven" },
  ]);
});

test("one file runs alone when it is named", async () => {
  const both = {
    "core/dist/order.js": "export const isBefore = () => false;\n",
    "sim/src/limit.ts": "export const LIMIT = 8;\n",
  };
  const file = `${HOST}/order.test.ts`;
  expect(await run("dec-3", both, file)).toEqual([{ file, name: "one is before two" }]);
});

test("a file that cannot be loaded any more has failed", async () => {
  const order = 'throw new Error("broken at once");\n';
  const file = `${HOST}/order.test.ts`;
  expect(await run("dec-4", { "core/dist/order.js": order }, file)).toEqual([
    { file, name: "the file cannot be run" },
  ]);
});

test("a test that never ends is ended, and has failed", async () => {
  const order = "export const isBefore = (a, b) => { for (;;); };\n";
  const file = `${HOST}/order.test.ts`;
  expect(await run("dec-5", { "core/dist/order.js": order }, file, 4_000)).toEqual([
    { file, name: "did not end", isWholeRun: true },
  ]);
});

test("a test process that cannot run at all has failed", async () => {
  const config = 'throw new Error("no settings");\n';
  expect(await run("dec-6", { "vitest.config.ts": config })).toEqual([
    { file: HOST, name: "the test process ended with 1", isWholeRun: true },
  ]);
});
