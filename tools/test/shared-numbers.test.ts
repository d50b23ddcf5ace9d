// Numbers that stand in several places because these cannot import each other: they are the same. The SDK runs without
// core, a level never changes, and who judges the nodes states for himself what they have to do.

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { listChecks, peekChecks } from "../../clients/typescript/src/option-checks.js";
import { toPayload } from "../../clients/typescript/src/convert.js";
import {
  leaseLifeMsMax,
  messageBytesMax,
  receiveBytesMax,
  visibilityMsMin,
} from "../../clients/typescript/src/limits.js";
import {
  HOUR_MS,
  ITEM_OVERHEAD_BYTES,
  PAGE_MAX,
  VISIBILITY_MAX_MS,
  VISIBILITY_MIN_MS,
} from "../../core/src/contract/limits/units.js";
import { LEVEL_1 } from "../../core/src/machine/levels/level-1.js";
import { DEFAULT_LIMITS } from "../../core/src/member/config.js";
import { MESSAGE_BYTES_MAX } from "../../core/src/wire/frames.js";
import { LIMITS } from "../../sim/src/oracle/spec/limits.js";
import { LEASE_LIFE_MAX_MS } from "../../test/conformance/src/lease-life.js";

/** "at most 12 h", "never beyond 12 h", "up to 12 h"; "the 12 h cap". */
const LEASE_LIFE = /(?:at most|beyond|up to)\s+(\d+) h\b|(\d+) h cap\b/g;

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
  const text = readFileSync(new URL(`../../docs/${file}`, import.meta.url), "utf8");
  const hours = [...text.matchAll(LEASE_LIFE)].map(([, most = "", cap = ""]) => most || cap);
  expect(hours).toEqual(Array<string>(times).fill(String(VISIBILITY_MAX_MS / HOUR_MS)));
});
