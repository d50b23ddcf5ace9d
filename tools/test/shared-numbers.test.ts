// Numbers that stand in several places because these cannot import each other: they are the same. The SDK runs without
// core, a level never changes, and who judges the nodes states for himself what they have to do.

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { TIMERS_AT_ONCE } from "../../checker/src/monitor/readiness.js";
import { listChecks, peekChecks } from "../../clients/typescript/src/option-checks.js";
import { toPayload } from "../../clients/typescript/src/convert.js";
import {
  leaseLifeMsMax,
  messageBytesMax,
  receiveBytesMax,
  visibilityMsMin,
} from "../../clients/typescript/src/limits.js";
import {
  DAY_MS,
  HOUR_MS,
  ITEM_OVERHEAD_BYTES,
  PAGE_MAX,
  VISIBILITY_MAX_MS,
  VISIBILITY_MIN_MS,
} from "../../core/src/contract/limits/units.js";
import { GIVE_BACK_MS } from "../../core/src/edge/streams/give-backs.js";
import { LEVEL_1 } from "../../core/src/machine/levels/level-1.js";
import { DEFAULT_LIMITS } from "../../core/src/member/config.js";
import { MESSAGE_BYTES_MAX } from "../../core/src/wire/frames.js";
import { LIMITS } from "../../sim/src/oracle/spec/limits.js";
import { LEASE_LIFE_MAX_MS } from "../../test/conformance/src/lease-life.js";

/** "at most 12 h", "never beyond 12 h", "up to 12 h"; "the 12 h cap". */
const LEASE_LIFE = /(?:at most|beyond|up to)\s+(\d+) h\b|(\d+) h cap\b/g;

const textOf = (file: string): string =>
  readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");

it("the SDK sends and takes messages as large as nodes do", () => {
  expect(messageBytesMax).toBe(DEFAULT_LIMITS.messageBytesMax);
  expect(receiveBytesMax).toBe(MESSAGE_BYTES_MAX);
});

it("the SDK asks for no more of a list than an answer holds", () => {
  for (const check of [peekChecks.limit, listChecks.pageSize]) {
    expect(() => check("n", PAGE_MAX)).not.toThrow();
    expect(() => check("n", PAGE_MAX + 1)).toThrow(`from 1 to ${PAGE_MAX}`);
  }
});

it("no payload that the SDK lets through is too large for a node without settings", () => {
  const most = DEFAULT_LIMITS.messageBytesMax - ITEM_OVERHEAD_BYTES;
  expect(() => toPayload(new Uint8Array(most + 1))).toThrow("at most");
});

it("a lease lives as long by the contract, at apply, for the SDK and for those who judge it", () => {
  expect(LEVEL_1.leaseLifeMaxMs).toBe(VISIBILITY_MAX_MS);
  expect(leaseLifeMsMax).toBe(VISIBILITY_MAX_MS);
  expect(LIMITS.leaseLifeMaxMs).toBe(VISIBILITY_MAX_MS);
  expect(LEASE_LIFE_MAX_MS).toBe(VISIBILITY_MAX_MS);
  expect(visibilityMsMin).toBe(VISIBILITY_MIN_MS);
});

it.each([
  ["contract.md", 4],
  ["decisions.md", 1],
  ["rules.md", 1],
  ["internals/delivery.md", 1],
])("docs/%s names that life in hours", (file, times) => {
  const text = textOf(`docs/${file}`);
  const hours = [...text.matchAll(LEASE_LIFE)].map(([, most = "", cap = ""]) => most || cap);
  expect(hours).toEqual(Array<string>(times).fill(String(VISIBILITY_MAX_MS / HOUR_MS)));
});

it("the specification states every number of apply that it goes by as the level has it", () => {
  expect(LEVEL_1).toMatchObject(LIMITS);
});

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const numbersIn = (text: string): number[] =>
  [...text.matchAll(/\d[\d,_]*/g)].map(([digits]) => Number(digits.replace(/[,_]/g, "")));

/** A pattern of what is said, and the numbers in it. */
const BACKOFF = [
  /min\(\d+ s · 2\^\(attempts-1\), \d+ min\)/g,
  [LEVEL_1.backoffBaseMs / SECOND_MS, 2, 1, LEVEL_1.backoffMaxMs / MINUTE_MS],
] as const;
const REMEMBERED = [
  /\d+ minutes(?: of group time)? or(?: the last)? [\d,]+/g,
  [LEVEL_1.tombstoneMs / MINUTE_MS, LEVEL_1.tombstonesMax],
] as const;
const SEQUENCES = [/(?:the last|fewer than)\s[\d,]+/g, [LEVEL_1.dedupPerProducerMax]] as const;
const TIMERS = [/at most [\d,]+ (?:an|per) entry/g, [LEVEL_1.timersPerEntryMax]] as const;

/** Each page says it once. */
it.each([
  ["docs/contract.md", ...BACKOFF],
  ["docs/internals/delivery.md", ...BACKOFF],
  [
    "docs/decisions.md",
    /\d+ s doubled per attempt up to \d+ s/g,
    [LEVEL_1.backoffBaseMs / SECOND_MS, LEVEL_1.backoffMaxMs / SECOND_MS],
  ],
  ["checker/src/monitor/readiness.ts", /BACKOFF_MAX_MS = [\d_]+/g, [LEVEL_1.backoffMaxMs]],
  ["docs/contract.md", ...REMEMBERED],
  ["docs/decisions.md", ...REMEMBERED],
  ["docs/guarantees.md", ...REMEMBERED],
  ["docs/api/admin.md", ...REMEMBERED],
  [
    "sim/src/oracle/rules/answers/answer-rules.ts",
    /REMEMBERED_MS = [\d_]+/g,
    [LEVEL_1.tombstoneMs],
  ],
  ["docs/contract.md", ...SEQUENCES],
  ["docs/guarantees.md", ...SEQUENCES],
  ["docs/internals/delivery.md", ...SEQUENCES],
  ["docs/decisions.md", /the last\s[\d,]+ sequences/g, [LEVEL_1.dedupPerProducerMax]],
  ["docs/operating/configuration.md", ...SEQUENCES],
  ["checker/src/monitor/dedup.ts", /dedupWindow \?\? [\d_]+/g, [LEVEL_1.dedupPerProducerMax]],
  ["docs/decisions.md", ...TIMERS],
  ["docs/internals/delivery.md", ...TIMERS],
])("%s says of apply what the level says: %s", (file, said, numbers) => {
  const [found = "", another] = textOf(file).replace(/\s+/g, " ").match(said) ?? [];
  expect(another).toBeUndefined();
  expect(numbersIn(found)).toEqual(numbers);
});

it.each(["contract.md", "decisions.md", "guarantees.md", "internals/delivery.md"])(
  "docs/%s gives producers one day",
  (file) => {
    expect(LEVEL_1.dedupWindowMs).toBe(DAY_MS);
    expect(textOf(`docs/${file}`)).toMatch(/(?:until|after) a day/);
  },
);

it("leases are given back for as long as they are remembered, and the checker knows how many timers fire", () => {
  expect(GIVE_BACK_MS).toBe(LEVEL_1.tombstoneMs);
  expect(TIMERS_AT_ONCE).toBe(LEVEL_1.timersPerEntryMax);
});
