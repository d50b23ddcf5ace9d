// The list of seeded bugs stays true as the sources change: every file is well formed, every edit matches
// exactly once in the sources as they are, and what it makes of them can run.

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

const RULE =
  /^(R([1-9]|1[0-4])|S[1-7]|Q([1-9]|1[0-8]|2[0-3])|D-\d+|T[1-4]|P[1-4]|L([1-9]|1[0-6])|(GRP|PRG|LOG|REP)[1-6])$/;
const FAULT =
  /^(net|disk|proc|clock|client|peer|replica|list|session)\.(foreign|broken|unreadable|rot(-missing)?|turned|loss|duplicate|delay|reorder|partition|oneway|clog|reset|full|mute|unsynced|dropped|revert|wiped|stall(-leader)?|crash|pause|copy|skew|jump|abandon|cancel|half-close|late|repeat|stale|forged|back-pressure|ends|unwritten)$/;

test("the first ten are there", () => {
  const ids = mutants.map((m) => m.id);
  expect(FIRST_TEN.filter((id) => !ids.includes(id))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
});

test("every one of them could be hunted now", () => {
  expect(prepareAll(root, mutants)).toHaveLength(mutants.length);
});

test.each(mutants.map((m) => [m.id, m] as const))("%s fits the sources", (_, mutant) => {
  const files = mutatedFiles(root, mutant);
  expect(files.size).toBeGreaterThan(0);
  expect(mutant.expect.filter((rule) => !RULE.test(rule))).toEqual([]);
  expect(mutant.needs.filter((kind) => !FAULT.test(kind))).toEqual([]);
});

test("no two mutants make the same change", () => {
  const edits = mutants.map((m) => JSON.stringify(m.edits));
  expect(new Set(edits).size).toBe(edits.length);
});
