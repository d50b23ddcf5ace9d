import fc from "fast-check";
import { expect, test } from "vitest";
import { DueGroups } from "../../src/member/due-groups.js";
import type { Replica } from "../../src/member/replica.js";

/** The only parts of a slot that the order looks at. */
const slotOf = (id: number): Replica => ({ id, dueMs: Infinity }) as unknown as Replica;

test("groups come out by time, then by id, and only when they are due", () => {
  const due = new DueGroups();
  const [a, b, c] = [slotOf(7), slotOf(3), slotOf(5)];
  due.set(a, 20);
  due.set(b, 20);
  due.set(c, 10);
  expect(due.firstMs).toBe(10);
  expect(due.take(9)).toBeUndefined();
  expect([due.take(20), due.take(20), due.take(20), due.take(20)]).toEqual([c, b, a, undefined]);
  expect(due.firstMs).toBe(Infinity);
});

test("a group that was taken keeps its time and comes back when it is set again, even to the same", () => {
  const due = new DueGroups();
  const slot = slotOf(1);
  due.set(slot, 5);
  due.take(5);
  expect(slot.dueMs).toBe(5);
  due.set(slot, 5);
  expect(due.take(5)).toBe(slot);
});

test("a group that waits for nothing is not there, whatever the time, and its slot says so", () => {
  const due = new DueGroups();
  const [never, deleted, unset] = [slotOf(1), slotOf(2), slotOf(3)];
  due.set(never, Infinity);
  due.set(deleted, 5);
  due.delete(deleted);
  due.set(unset, 5);
  due.set(unset, Infinity);
  expect(due.take(Infinity)).toBeUndefined();
  expect([never, deleted, unset].map((slot) => slot.dueMs)).toEqual(Array(3).fill(Infinity));
});

test("seats are used again, so that groups may come and go for ever", () => {
  const due = new DueGroups();
  for (let id = 1; id <= 1000; id += 1) {
    const slot = slotOf(id);
    due.set(slot, id);
    if (id % 2 === 0) due.delete(slot);
    else due.take(id);
  }
  // Inside, since nothing outside shows it.
  expect(Reflect.get(due, "seats")).toHaveLength(1);
});

const step = fc.record({
  id: fc.integer({ min: 1, max: 8 }),
  dueMs: fc.oneof(fc.nat(20), fc.constant(Infinity)),
  action: fc.constantFrom("set", "delete", "take"),
});

test("it agrees with looking at every group", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const due = new DueGroups();
      const slots = Array.from({ length: 9 }, (_, id) => slotOf(id));
      const waiting = new Map<number, number>();
      for (const { id, dueMs, action } of steps) {
        if (action === "set") {
          due.set(slots[id], dueMs);
          if (dueMs === Infinity) waiting.delete(id);
          else waiting.set(id, dueMs);
        } else if (action === "delete") {
          due.delete(slots[id]);
          waiting.delete(id);
        } else {
          const sorted = [...waiting].sort((a, b) => a[1] - b[1] || a[0] - b[0]);
          const first = sorted[0]?.[0];
          expect(due.take(20)?.id).toBe(first);
          if (first !== undefined) waiting.delete(first);
        }
        expect(due.firstMs).toBe(Math.min(Infinity, ...waiting.values()));
      }
    }),
  );
});
