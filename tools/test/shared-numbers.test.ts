// Numbers that the SDK cannot import from core, because it runs without it: they are the same.

import { expect, it } from "vitest";
import { listChecks, peekChecks } from "../../clients/typescript/src/option-checks.js";
import { toPayload } from "../../clients/typescript/src/convert.js";
import { messageBytesMax, receiveBytesMax } from "../../clients/typescript/src/limits.js";
import { ITEM_OVERHEAD_BYTES, PAGE_MAX } from "../../core/src/contract/limits/units.js";
import { DEFAULT_LIMITS } from "../../core/src/member/config.js";
import { MESSAGE_BYTES_MAX } from "../../core/src/wire/frames.js";

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
