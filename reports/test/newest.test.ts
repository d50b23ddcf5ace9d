// Which history is taken when none is named.
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { newestHistory } from "../src/newest.js";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "disheap-newest-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function put(name: string, atSeconds: number): string {
  const file = join(folder, name);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, "");
  utimesSync(file, atSeconds, atSeconds);
  return file;
}

it("is the history written last, also in a folder below", () => {
  put("a.jsonl", 100);
  const newest = put("deep/b.jsonl", 300);
  put("c.jsonl", 200);
  put("page.html", 400);
  expect(newestHistory(folder)).toBe(newest);
});

it("is none in an empty folder or one that is not there", () => {
  expect(newestHistory(folder)).toBeUndefined();
  expect(newestHistory(join(folder, "gone"))).toBeUndefined();
});
