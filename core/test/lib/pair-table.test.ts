import fc from "fast-check";
import { expect, test } from "vitest";
import { InvariantViolation } from "../../src/lib/assert.js";
import { PairTable } from "../../src/lib/pair-table.js";
import { u32 } from "../support/arbitraries.js";

// Few keys, so that sets, deletes and probe chains meet; some beyond 32 bits.
const first = fc.oneof(fc.nat(6), fc.constantFrom(2 ** 32, 2 ** 42 - 1));
const second = fc.oneof(fc.nat(6), fc.constantFrom(16383, 2 ** 46 - 1));
const step = fc.record({ isSet: fc.boolean(), first, second, value: u32 });

test("behaves like a Map under any sets and deletes", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const table = new PairTable();
      const map = new Map<string, number>();
      for (const s of steps) {
        const key = `${s.first}:${s.second}`;
        if (s.isSet) {
          table.set(s.first, s.second, s.value);
          map.set(key, s.value);
        } else if (map.delete(key)) table.delete(s.first, s.second);
        expect(table.size).toBe(map.size);
        expect(table.get(s.first, s.second)).toBe(map.get(key) ?? -1);
      }
      for (const s of steps) {
        expect(table.get(s.first, s.second)).toBe(map.get(`${s.first}:${s.second}`) ?? -1);
      }
    }),
  );
});

test("keeps every key while it grows and while half of them go", () => {
  const table = new PairTable();
  const count = 5000;
  for (let i = 0; i < count; i += 1) table.set(Math.floor(i / 3), i % 3, i);
  for (let i = 0; i < count; i += 2) table.delete(Math.floor(i / 3), i % 3);
  expect(table.size).toBe(count / 2);
  for (let i = 0; i < count; i += 1) {
    expect(table.get(Math.floor(i / 3), i % 3)).toBe(i % 2 === 0 ? -1 : i);
  }
});

test("deleting what is not there is a broken invariant", () => {
  const table = new PairTable();
  table.set(1, 2, 3);
  expect(() => table.delete(2, 1)).toThrow(InvariantViolation);
});
