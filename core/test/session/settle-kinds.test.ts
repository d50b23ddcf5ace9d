// What the codec can carry, the contract admits and the session knows: one list in three rooms.

import { SETTLE } from "@disheap/proto/session";
import { expect, test } from "vitest";
import { SESSION } from "../../src/contract/limits/sessions.js";
import { settleOpOf } from "../../src/session/rows.js";
import { SETTLE_OPS } from "../../src/wire/batch-intents.js";

test("every kind of settle has its place in the range of the field, an operation and a number in the log", () => {
  const kinds = Object.values(SETTLE);
  const { min, max } = SESSION.fields.settleKind;
  expect([min, max]).toEqual([Math.min(...kinds), Math.max(...kinds)]);
  for (const [name, kind] of Object.entries(SETTLE)) {
    expect(settleOpOf(kind)).toBe(name);
    expect(Object.keys(SETTLE_OPS)).toContain(name);
  }
  expect(settleOpOf(kinds.length)).toBeUndefined();
});
