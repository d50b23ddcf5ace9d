// What makes a message ready at once, so that grants ride in the same entry.

import { expect, test } from "vitest";
import { isReturn } from "../../src/leader/queue-rules.js";
import type { SettleManyIntent } from "../../src/wire/batch-intents.js";

const token = { index: 1, offset: 0, fence: 1, mac: new Uint8Array(16) };
const many = (op: SettleManyIntent["op"], backoffMs?: number): SettleManyIntent => {
  return {
    kind: "settle.many",
    op,
    backoffMs,
    extensionMs: 0,
    rows: 1,
    leases: new Uint8Array(12),
  };
};

test("what is given back, and what is rejected without a wait", () => {
  expect(isReturn({ kind: "release.undelivered", index: 1, offset: 0, fence: 1 })).toBe(true);
  expect(isReturn({ kind: "release", token })).toBe(true);
  expect(isReturn(many("release"))).toBe(true);
  expect(isReturn({ kind: "nack", token, backoffMs: 0 })).toBe(true);
  expect(isReturn(many("nack", 0))).toBe(true);
});

test("nothing that is done, goes on, or waits for its time", () => {
  expect(isReturn({ kind: "ack", token })).toBe(false);
  expect(isReturn({ kind: "nack", token, backoffMs: undefined })).toBe(false);
  expect(isReturn(many("nack", 5))).toBe(false);
  expect(isReturn(many("nack"))).toBe(false);
  expect(isReturn(many("ack"))).toBe(false);
  expect(isReturn(many("extend"))).toBe(false);
});
