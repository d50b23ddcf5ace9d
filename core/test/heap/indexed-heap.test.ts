import fc from "fast-check";
import { expect, test } from "vitest";
import { IndexedHeap } from "../../src/heap/indexed-heap.js";
import { InvariantViolation } from "../../src/lib/assert.js";

const SLOTS = 40;
const step = fc.record({
  action: fc.constantFrom("push" as const, "remove" as const, "fix" as const, "pop" as const),
  slot: fc.nat(SLOTS - 1),
  // Few keys, so that ties are common: the slot breaks them.
  key: fc.nat(5),
});

/** Heap order along every path, and places that agree with slots. */
function checkShape(heap: IndexedHeap, before: (a: number, b: number) => boolean): void {
  for (let place = 1; place < heap.size; place += 1) {
    expect(before(heap.at(place), heap.at((place - 1) >> 2))).toBe(false);
  }
}

test("behaves like a sorted array under push, remove, fix and pop", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const keys = new Float64Array(SLOTS);
      const before = (a: number, b: number): boolean =>
        keys[a] !== keys[b] ? keys[a] < keys[b] : a < b;
      const heap = new IndexedHeap(before);
      const held = new Set<number>();
      for (const { action, slot, key } of steps) {
        if (action === "push" && !held.has(slot)) {
          keys[slot] = key;
          heap.push(slot);
          held.add(slot);
        } else if (action === "remove" && held.delete(slot)) heap.remove(slot);
        else if (action === "fix" && held.has(slot)) {
          keys[slot] = key;
          heap.fix(slot);
        } else if (action === "pop" && held.size > 0) {
          const first = heap.first();
          heap.remove(first);
          expect(held.delete(first)).toBe(true);
          for (const other of held) expect(before(first, other)).toBe(true);
        }
        expect(heap.size).toBe(held.size);
        for (let s = 0; s < SLOTS; s += 1) expect(heap.has(s)).toBe(held.has(s));
        checkShape(heap, before);
      }
      const drained: number[] = [];
      while (heap.size > 0) {
        drained.push(heap.first());
        heap.remove(heap.first());
      }
      expect(drained).toEqual([...held].sort((a, b) => (before(a, b) ? -1 : 1)));
      expect(heap.first()).toBe(-1);
    }),
  );
});

test("a slot beyond the capacity is taken, and one that was never seen is absent", () => {
  const heap = new IndexedHeap((a, b) => a < b);
  heap.push(100_000);
  expect([heap.has(100_000), heap.has(99_999), heap.has(200_000)]).toEqual([true, false, false]);
});

test("pushing twice and removing what is absent are broken invariants", () => {
  const heap = new IndexedHeap((a, b) => a < b);
  heap.push(3);
  expect(() => heap.push(3)).toThrow(InvariantViolation);
  expect(() => heap.remove(4)).toThrow(InvariantViolation);
});
