import { expect, test } from "vitest";
import { InvariantViolation } from "../../../src/lib/assert.js";
import { Outbox, type Handed } from "../../../src/edge/streams/outbox.js";

const place = { partition: 0, group: 1, incarnation: 1, voters: [1] };

const item = (offset: number, more: Partial<Handed> = {}): Handed => ({
  place,
  index: 2,
  offset,
  fence: 1,
  handedMs: 100,
  patienceMs: 500,
  overMs: 1100,
  ...more,
});

function holding(...items: readonly Handed[]): Outbox {
  const outbox = new Outbox();
  for (const one of items) outbox.hand(one);
  return outbox;
}

test("E2: items are settled in the order in which they were handed over, each once", () => {
  const outbox = holding(item(0), item(1), item(2), item(3));
  outbox.written(1, 100);
  expect(outbox.take(2).map(({ offset }) => offset)).toEqual([1, 2]);
  expect(outbox.takeAll().map(({ offset }) => offset)).toEqual([3]);
  expect(outbox.isEmpty).toBe(true);
  expect(() => outbox.take(1)).toThrow(InvariantViolation);
  expect(() => outbox.written(1, 100)).toThrow(InvariantViolation);
});

test("overdue is what the transport lets stand for the stall time, counted from its last progress", () => {
  const outbox = holding(item(0), item(1));
  expect(outbox.isOverdue(299, 200)).toBe(false);
  expect(outbox.isOverdue(300, 200)).toBe(true);
  outbox.written(1, 250);
  expect(outbox.isOverdue(449, 200)).toBe(false);
  expect(outbox.isOverdue(450, 200)).toBe(true);
});

test("overdue is what used up its patience or its lease, whatever progress there is", () => {
  expect(holding(item(0)).isOverdue(599, 1000)).toBe(false);
  expect(holding(item(0)).isOverdue(600, 1000)).toBe(true);
  expect(holding(item(0, { overMs: 140 })).isOverdue(139, 1000)).toBe(false);
  expect(holding(item(0, { overMs: 140 })).isOverdue(140, 1000)).toBe(true);
});

test("nothing is overdue where nothing waits, or what waits was recalled", () => {
  expect(new Outbox().isOverdue(9999, 1)).toBe(false);
  const outbox = holding(item(0));
  outbox.isStalled = true;
  expect(outbox.isOverdue(9999, 1)).toBe(false);
});
