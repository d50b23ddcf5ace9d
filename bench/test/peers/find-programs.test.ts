import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { findProgram, missingOf } from "../../src/peers/find-programs.js";

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "disheap-find-"));
});
afterEach(() => rmSync(base, { recursive: true }));

function place(file: string, mode = 0o755): string {
  const path = join(base, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, "");
  chmodSync(path, mode);
  return path;
}

it("finds a program in the folders of PATH, the first one first", () => {
  const path = [join(base, "a"), join(base, "b")].join(":");
  const second = place("b/queue-server");
  expect(findProgram({ program: "queue-server", package: "queue" }, path)).toBe(second);
  const first = place("a/queue-server");
  expect(findProgram({ program: "queue-server", package: "queue" }, path)).toBe(first);
});

it("prefers a folder of the program's own, the newest version of it", () => {
  const inPath = place("bin/postgres");
  const need = { program: "postgres", folders: [`${base}/pg/*/bin`], package: "postgresql" };
  expect(findProgram(need, dirname(inPath))).toBe(inPath);
  place("pg/14/bin/postgres");
  const newest = place("pg/15/bin/postgres");
  place("pg/16/bin/psql");
  expect(findProgram(need, dirname(inPath))).toBe(newest);
});

it("takes neither a file that cannot be run nor a folder", () => {
  const path = dirname(place("a/queue-server", 0o644));
  mkdirSync(join(base, "b", "queue-server"), { recursive: true });
  const need = { program: "queue-server", package: "queue" };
  expect(missingOf([need], `${path}:${join(base, "b")}`)).toBe(
    "queue-server is not installed; apt-get install queue",
  );
});

it("names the first of several that is missing, and nothing when all are there", () => {
  const path = dirname(place("bin/one"));
  const needs = ["one", "two"].map((program) => ({ program, package: `${program}-package` }));
  expect(missingOf(needs, path)).toBe("two is not installed; apt-get install two-package");
  place("bin/two");
  expect(missingOf(needs, path)).toBeUndefined();
});
