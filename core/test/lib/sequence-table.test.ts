import fc from "fast-check";
import { expect, test } from "vitest";
import { SequenceTable } from "../../src/lib/sequence-table.js";

interface Step {
  readonly op: "set" | "delete" | "get";
  /** How far behind the newest key. */
  readonly back: number;
  readonly ahead: number;
}

test("it holds what a Map holds, whatever keys come, go and come again", () => {
  const step: fc.Arbitrary<Step> = fc.record({
    op: fc.constantFrom("set", "set", "delete", "delete", "get"),
    back: fc.oneof(fc.nat(40), fc.nat(40), fc.nat(4_000)),
    ahead: fc.oneof(fc.nat(2), fc.nat(200), fc.nat(5_000)),
  });
  fc.assert(
    fc.property(fc.constantFrom(0, 5, 2 ** 31 - 20, 2 ** 40), fc.array(step), (base, steps) => {
      const table = new SequenceTable<{ readonly key: number }>();
      const map = new Map<number, { readonly key: number }>();
      let newest = base;
      for (const { op, back, ahead } of steps) {
        const key = Math.max(base, newest - back);
        if (op === "set") {
          newest += ahead;
          const at = back % 3 === 0 ? key : newest;
          const value = { key: at };
          table.set(at, value);
          map.set(at, value);
        } else if (op === "delete") expect(table.delete(key)).toBe(map.delete(key));
        expect(table.get(key)).toBe(map.get(key));
        expect(table.has(key)).toBe(map.has(key));
        expect(table.size).toBe(map.size);
      }
      expect([...table.entries()]).toEqual([...map].sort(([a], [b]) => a - b));
    }),
    { numRuns: 300 },
  );
});

test("a key far ahead of the only one leaves that behind, and is not lost itself when the next one comes", () => {
  const table = new SequenceTable<{ readonly key: number }>();
  for (const key of [0, 1024, 2071]) table.set(key, { key });
  expect(table.size).toBe(3);
  expect([...table.entries()].map(([key]) => key)).toEqual([0, 1024, 2071]);
  expect(table.get(1024)).toEqual({ key: 1024 });
});

test("what a walk deletes on its way is left out", () => {
  const table = new SequenceTable<{ readonly key: number }>();
  for (let key = 1; key <= 5; key += 1) table.set(key, { key });
  const seen: number[] = [];
  for (const [key] of table.entries()) {
    seen.push(key);
    table.delete(key);
    table.delete(key + 1);
  }
  expect(seen).toEqual([1, 3, 5]);
  expect(table.size).toBe(0);
});

test("memory and walks follow the number of keys, not their distance (rev-D5)", () => {
  const table = new SequenceTable<{ readonly key: number }>();
  table.set(1, { key: 1 });
  for (let key = 2; key <= 1_200_000; key += 1) {
    table.set(key, { key });
    if (key > 11) table.delete(key - 10);
  }
  expect(table.size).toBe(11);
  expect(table.room).toBeLessThan(4_096);
  const kept = [...table.entries()].map(([key]) => key);
  expect([kept[0], kept[1], kept.at(-1)]).toEqual([1, 1_199_991, 1_200_000]);
  expect(table.get(1)).toEqual({ key: 1 });
  expect(table.delete(1)).toBe(true);
});

test("a ring that was long for a moment becomes short again", () => {
  const table = new SequenceTable<{ readonly key: number }>();
  for (let key = 0; key < 100_000; key += 1) table.set(key, { key });
  expect(table.room).toBeGreaterThanOrEqual(100_000);
  for (let key = 0; key < 100_000; key += 1) table.delete(key);
  table.set(100_000, { key: 100_000 });
  expect(table.room).toBeLessThan(2_048);
  expect([...table.entries()]).toEqual([[100_000, { key: 100_000 }]]);
});
