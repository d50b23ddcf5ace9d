// The list of seeded bugs stays true as the sources change: every file is well formed, every edit matches
// exactly once in the sources as they are, and what it makes of them can run.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { mutatedFiles, readMutants } from "../../src/kill/mutant.js";
import { prepareAll } from "../../src/kill/prepare.js";

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const mutants = readMutants(join(root, "sim", "mutants"));

/** The first ten, which every sweep must kill. */
const FIRST_TEN = [
  "seed-S02",
  "seed-S23",
  "raft-C1",
  "dec-9c",
  "seed-S29",
  "seed-S09",
  "seed-S31",
  "seed-S38",
  "seed-S35",
  "dec-13c",
];

const read = (...path: string[]): string => readFileSync(join(root, ...path), "utf8");
const headings = (page: string): string[] =>
  [...read("docs", page).matchAll(/^### (\S+)$/gm)].map(([, id = ""]) => id);

/** Whatever may catch a bug: rules, decisions that a test or a judge names, invariants of single files. */
const RULES = new Set([
  ...headings("rules.md"),
  ...headings("decisions.md"),
  ...[...read("docs", "rules.md").matchAll(/^- `[^`]+\.ts`: (.+)$/gm)].flatMap(([, ids = ""]) =>
    ids.split(", "),
  ),
]);

/** The plan's kinds of faults, by what they do where they do several things; and what a run counts. */
const FAULTS = ((): ReadonlySet<string> => {
  const plan = read("sim", "src", "plan", "plan.ts");
  const [, faults = ""] = /export type FaultPlan =([\s\S]*?\n {4}\});/.exec(plan) ?? [];
  const [, ways = ""] = /readonly how: (.*);/.exec(faults) ?? [];
  const sources = ["world", "run", "workload"].flatMap((room) => {
    const folder = join(root, "sim", "src", room);
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
    return files
      .filter((file) => file.endsWith(".ts"))
      .map((file) => read("sim", "src", room, file));
  });
  const counted = sources.flatMap((text) => text.match(/\b(?:count|metRot)\([^;()]*\)/g) ?? []);
  return new Set([
    ...[...[faults, ...counted].join("\n").matchAll(/"([a-z]+\.[a-z-]+)"/g)].map(
      ([, kind = ""]) => kind,
    ),
    ...[...ways.matchAll(/"([a-z]+)"/g)].map(([, way = ""]) => `replica.${way}`),
  ]);
})();

test("the first ten are there", () => {
  const ids = mutants.map((m) => m.id);
  expect(FIRST_TEN.filter((id) => !ids.includes(id))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
});

test("what they may name was found in the pages and the sources", () => {
  expect(["R1", "T1", "D-86", "GRP1"].filter((id) => !RULES.has(id))).toEqual([]);
  const kinds = ["net.loss", "disk.wiped", "disk.rot-missing", "replica.broken", "client.cancel"];
  expect(kinds.filter((kind) => !FAULTS.has(kind))).toEqual([]);
  expect(RULES.has("R99") || FAULTS.has("net.other")).toBe(false);
});

test("every one of them could be hunted now", () => {
  expect(prepareAll(root, mutants)).toHaveLength(mutants.length);
});

test.each(mutants.map((m) => [m.id, m] as const))("%s fits the sources", (_, mutant) => {
  const files = mutatedFiles(root, mutant);
  expect(files.size).toBeGreaterThan(0);
  expect(mutant.expect.filter((rule) => !RULES.has(rule))).toEqual([]);
  expect(mutant.needs.filter((kind) => !FAULTS.has(kind))).toEqual([]);
});

test("no two mutants make the same change", () => {
  const edits = mutants.map((m) => JSON.stringify(m.edits));
  expect(new Set(edits).size).toBe(edits.length);
});
