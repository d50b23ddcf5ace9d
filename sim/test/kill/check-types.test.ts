// `--check-types` on small rooms of which one imports the other's types, built by the real compiler.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkTypes } from "../../src/kill/check-types.js";
import type { Mutant } from "../../src/kill/mutant.js";
import { prepareAll } from "../../src/kill/prepare.js";
import { ROOMS } from "../../src/kill/work-copy.js";
import { mutantOf, smallRepository } from "./small-repository.js";

const CLOCK = `
const START = 1;
export class Clock {
  now(): number {
    return START;
  }
}
`;
const OPTIONS = {
  target: "ES2023",
  lib: ["ES2023"],
  module: "NodeNext",
  types: [],
  strict: true,
  noUnusedLocals: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  composite: true,
  rootDir: "${configDir}/src",
  outDir: "${configDir}/dist",
};

let folder = "";
let root = "";
let built: string[] = [];

const filesOf = (): string[] => readdirSync(root, { recursive: true }).map(String).sort();

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "disheap-types-test-")));
  root = join(folder, "repository");
  const config = (references: readonly string[]) =>
    JSON.stringify({
      extends: "../tsconfig.base.json",
      include: ["src"],
      references: references.map((path) => ({ path: `../${path}` })),
    });
  smallRepository(root, {
    "tsconfig.base.json": JSON.stringify({ compilerOptions: OPTIONS }),
    ...Object.fromEntries(Object.keys(ROOMS).map((room) => [`${room}/tsconfig.json`, config([])])),
    ...Object.fromEntries(
      Object.keys(ROOMS).map((room) => [`${room}/src/index.ts`, "export {};\n"]),
    ),
    "sim/tsconfig.json": config(["core", "io", "checker"]),
    "core/src/clock.ts": CLOCK,
    "core/src/index.ts": 'export * from "./clock.js";\n',
    "sim/src/index.ts":
      'import { Clock } from "@disheap/core";\nexport const later: number = new Clock().now() + 1;\n',
  });
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const run = spawnSync(process.execPath, [tsc, "-b", "sim"], { cwd: root, encoding: "utf8" });
  expect(run.stdout).toBe("");
  built = filesOf();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const clock = (id: string, find: string, replace: string): Mutant =>
  mutantOf(id, "core/src/clock.ts", find, replace);

/** Each complaint, of all mutants at once. */
function complaints(...mutants: Mutant[]): string[] {
  try {
    checkTypes(root, prepareAll(root, mutants), () => undefined);
    return [];
  } catch (error) {
    return (error as Error).message.split("\n\n");
  }
}

test("what compiles passes, also with a name that nobody uses any more", () => {
  const fine = clock("dec-1", "START = 1", "START = 2");
  const unused = clock("dec-2", "return START", "return 3");
  expect(complaints(fine, unused)).toEqual([]);
});

test("all that do not compile are named, with the line; the next ones are not blamed for it", () => {
  const found = complaints(
    clock("dec-3", "return START", 'return "1"'),
    clock("dec-4", "START = 1", "START = 2"),
    clock("dec-5", "return START", "return BEGIN"),
  );
  expect(found).toHaveLength(2);
  expect(found[0]).toContain("mutant dec-3 does not compile");
  expect(found[0]).toMatch(/core\/src\/clock\.ts:5: Type 'string' is not assignable/);
  expect(found[1]).toMatch(/mutant dec-5 .*\n.*clock\.ts:5: Cannot find name 'BEGIN'/);
});

test("a room that needs what the mutant changed is compiled against it", () => {
  const found = complaints(
    clock("dec-6", "now(): number {\n    return START;", 'now(): string {\n    return "1";'),
    clock("dec-7", "START = 1", "START = 2"),
  );
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(/mutant dec-6 .*\n.*sim\/src\/index\.ts:2: Type 'string' is not/);
});

test("nothing is written", () => expect(filesOf()).toEqual(built));
