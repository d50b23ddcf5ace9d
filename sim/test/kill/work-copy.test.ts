// A copy in which the workspaces resolve to the copy itself, made of a small repository.

import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WorkCopy } from "../../src/kill/work-copy.js";

const ROOMS = {
  core: "@disheap/core",
  io: "@disheap/io",
  checker: "linearizability",
  sim: "@disheap/sim",
};
let folder = "";
let root = "";

function write(path: string, text: string): void {
  const file = join(root, path);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, text);
}

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "disheap-copy-test-")));
  root = join(folder, "repository");
  write("package.json", "{}");
  write("tsconfig.base.json", "{}");
  for (const [room, name] of Object.entries(ROOMS)) {
    const main = "./dist/index.js";
    write(`${room}/package.json`, JSON.stringify({ name, type: "module", exports: { ".": main } }));
    write(`${room}/tsconfig.json`, "{}");
    write(`${room}/src/index.ts`, "export const where = 1 < 2;\n");
    write(`${room}/test/index.test.ts`, "");
    write(`${room}/dist/index.js`, "export const where = import.meta.url;\n");
    const link = join(root, "node_modules", name);
    mkdirSync(join(link, ".."), { recursive: true });
    symlinkSync(join(root, room), link, "dir");
  }
  write("node_modules/some/package.json", JSON.stringify({ type: "module", main: "main.js" }));
  write("node_modules/some/main.js", "export const where = import.meta.url;\n");
  write("node_modules/.bin/some", "");
  const past = new Date(1_600_000_000_000);
  utimesSync(join(root, "core/src/index.ts"), past, past);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("holds sources and output with their times, and nothing else", () => {
  const copy = WorkCopy.make(root, join(folder, "a"));
  const times = [root, copy.root].map((at) => statSync(join(at, "core/src/index.ts")).mtimeMs);
  expect(times[0]).toBe(times[1]);
  expect(existsSync(join(copy.root, "core/dist/index.js"))).toBe(true);
  expect(existsSync(join(copy.root, "core/test"))).toBe(false);
  copy.remove();
  expect(existsSync(copy.root)).toBe(false);
});

test("imports its own rooms, and other packages where they are installed", () => {
  const copy = WorkCopy.make(root, join(folder, "b"));
  const script = join(copy.root, "sim", "dist", "look.js");
  const names = [...Object.values(ROOMS), "some"];
  const lines = names.map((n) => `console.log((await import(${JSON.stringify(n)})).where);`);
  writeFileSync(script, lines.join("\n"));
  const found = spawnSync(process.execPath, [script], { encoding: "utf8" })
    .stdout.trim()
    .split("\n");
  const rooms = Object.keys(ROOMS).map((room) => `file://${copy.root}/${room}/dist/index.js`);
  expect(found).toEqual([...rooms, `file://${root}/node_modules/some/main.js`]);
});

test("is changed by a mutant; the repository is not", () => {
  const copy = WorkCopy.make(root, join(folder, "c"));
  copy.apply({
    id: "dec-1",
    title: "t",
    origin: "o",
    edits: [{ file: "core/src/index.ts", find: "1 < 2", replace: "2 < 1" }],
    expect: ["R1"],
    needs: [],
  });
  const read = (at: string): string => readFileSync(join(at, "core/src/index.ts"), "utf8");
  expect(read(copy.root)).toContain("2 < 1");
  expect(read(root)).toContain("1 < 2");
});
