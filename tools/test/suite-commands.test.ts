// The commands of the long suites as a person meets them: what they cannot use is a sentence and exit code 2,
// and a choice that leaves nothing to run is refused, not passed.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "../rooms.mjs";

const LIMIT_MS = 60_000;

it.each([
  ["conformance", ["--frob"], "Unknown option '--frob'"],
  ["conformance", ["--only", "four"], '--only "four" is none of start, one, three, follower.'],
  ["hardening", ["--frob"], "Unknown option '--frob'"],
  ["hardening", ["--only", "nothing.such"], '--only "nothing.such" names no case'],
  ["cluster", ["--frob"], "Unknown option '--frob'"],
  ["cluster", ["--seed", "x"], '--seed wants a whole number, not "x".'],
] as const)("%s %j is refused", { timeout: LIMIT_MS }, (name, args, sentence) => {
  const main = join(root, "test", name, "dist/main.js");
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    encoding: "utf8",
  });
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(sentence);
  expect(stderr.trimEnd().split("\n")).toHaveLength(2);
});
