// Copies in which the workspaces resolve to the copy itself, made of a small repository.

import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOMS, WorkCopies } from "../../src/kill/work-copy.js";
import { smallRepository } from "./small-repository.js";

let folder = "";
let root = "";

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "disheap-copy-test-")));
  root = join(folder, "repository");
  smallRepository(root, { "sim/dist/.tsbuildinfo": "{}", "core/dist/index.d.ts": "" });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function copies(name: string, withTests = false): WorkCopies {
  mkdirSync(join(folder, name));
  return new WorkCopies(root, join(folder, name), withTests);
}

/** Where a script in the copy finds the packages. */
function resolve(copy: string, names: readonly string[]): string[] {
  const script = join(copy, "sim", "dist", "look.js");
  const lines = names.map((n) => `console.log(import.meta.resolve(${JSON.stringify(n)}));`);
  writeFileSync(script, lines.join("\n"));
  return spawnSync(process.execPath, [script], { encoding: "utf8" }).stdout.trim().split("\n");
}

test("hold what runs, and with tests what tests need", () => {
  const holds = (copy: string, path: string): boolean => existsSync(join(copy, path));
  const plain = copies("plain").original;
  const testing = copies("testing", true).original;
  for (const path of ["core/dist/index.js", "core/package.json"]) {
    expect([path, holds(plain, path), holds(testing, path)]).toEqual([path, true, true]);
  }
  for (const path of ["sim/test/host/none.ts", "sim/src/index.ts", "vitest.config.ts"]) {
    expect([path, holds(plain, path), holds(testing, path)]).toEqual([path, false, true]);
  }
  for (const path of ["sim/dist/.tsbuildinfo", "core/dist/index.d.ts", "core/src/index.ts"]) {
    expect([path, holds(plain, path), holds(testing, path)]).toEqual([path, false, false]);
  }
});

test("import their own rooms, and other packages where they are installed", () => {
  const made = copies("imports");
  for (const copy of [made.original, made.make("dec-1", new Map())]) {
    const found = resolve(copy, [...Object.values(ROOMS), "typescript"]);
    const rooms = Object.keys(ROOMS).map((room) => `file://${copy}/${room}/dist/index.js`);
    const real = realpathSync(join(root, "node_modules/typescript/lib/typescript.js"));
    expect(found).toEqual([...rooms, `file://${real}`]);
  }
});

test("share what is the same and have their own of what is changed", () => {
  const made = copies("links");
  const [file, other] = ["core/dist/index.js", "io/dist/index.js"];
  const copy = made.make("dec-2", new Map([[file, "changed"]]));
  const inode = (at: string, path: string): number => statSync(join(at, path)).ino;
  expect(inode(copy, other)).toBe(inode(made.original, other));
  expect(inode(copy, file)).not.toBe(inode(made.original, file));
  expect(readFileSync(join(copy, file), "utf8")).toBe("changed");
  expect(readFileSync(join(made.original, file), "utf8")).toContain("where");
});

test("do not follow the repository when it is built again, nor change it", () => {
  const made = copies("apart");
  const file = "checker/dist/index.js";
  const before = readFileSync(join(root, file), "utf8");
  made.make("dec-3", new Map([[file, "changed"]]));
  expect(readFileSync(join(root, file), "utf8")).toBe(before);
  // As the compiler does it: into the same file.
  writeFileSync(join(root, file), "built again");
  const copy = made.make("dec-4", new Map());
  expect(readFileSync(join(copy, file), "utf8")).toBe(before);
  writeFileSync(join(root, file), before);
});

test("hold a changed source where the tests import sources", () => {
  const sources = ["core/src/index.ts", "sim/src/index.ts"];
  const changed = new Map(sources.map((file) => [file, "changed"]));
  const copy = copies("sources", true).make("dec-5", changed);
  expect(existsSync(join(copy, "core/src"))).toBe(false);
  expect(readFileSync(join(copy, "sim/src/index.ts"), "utf8")).toBe("changed");
});

test("go when they are removed; the original and the packages stay", () => {
  const made = copies("gone");
  const copy = made.make("dec-6", new Map());
  made.remove("dec-6");
  expect(existsSync(copy)).toBe(false);
  expect(existsSync(join(made.original, "core/dist/index.js"))).toBe(true);
  expect(existsSync(join(root, "node_modules/typescript/package.json"))).toBe(true);
});

test("cannot be made of a repository that is not built", () => {
  rmSync(join(root, "io/dist"), { recursive: true });
  expect(() => copies("unbuilt")).toThrow("io/dist is not there: build the repository");
});
