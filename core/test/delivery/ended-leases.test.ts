// The table of the tombstones against a Map, with leases that share rows, entries and numbers.

import fc from "fast-check";
import { expect, test } from "vitest";
import { EndedLeases } from "../../src/delivery/ended-leases.js";

const lease = fc.tuple(
  fc.constantFrom(1, 2, 3, 2 ** 42 - 1),
  fc.oneof(fc.nat(40), fc.constantFrom(16_383, 16_368)),
  fc.constantFrom(1, 1, 1, 2, 4_294_967_295),
);
const steps = fc.array(fc.tuple(fc.boolean(), lease, fc.integer({ min: 1, max: 4 })), {
  maxLength: 300,
});

test("holds what a map holds", () => {
  fc.assert(
    fc.property(steps, (all) => {
      const table = new EndedLeases();
      const map = new Map<string, number>();
      for (const [isPut, [index, offset, fence], ended] of all) {
        const name = `${index}.${offset}.${fence}`;
        if (isPut) {
          table.set(index, offset, fence, ended);
          map.set(name, ended);
        } else if (map.delete(name)) table.delete(index, offset, fence);
        expect(table.size).toBe(map.size);
        expect(table.get(index, offset, fence)).toBe(map.get(name) ?? -1);
      }
      for (const [, [index, offset, fence]] of all) {
        const held = map.get(`${index}.${offset}.${fence}`) ?? -1;
        expect(table.get(index, offset, fence)).toBe(held);
      }
    }),
  );
});

test("rows that nothing is left of are used again", () => {
  const table = new EndedLeases();
  for (let round = 0; round < 100; round += 1) {
    for (let offset = 0; offset < 64; offset += 1) table.set(round, offset, 1, 1);
    for (let offset = 0; offset < 64; offset += 1) table.delete(round, offset, 1);
  }
  expect(table.size).toBe(0);
  expect((table as unknown as { rowsUsed: number }).rowsUsed).toBe(4);
});

test("TMB2: what is not held is not forgotten", () => {
  const table = new EndedLeases();
  table.set(1, 1, 1, 1);
  expect(() => table.delete(1, 2, 1)).toThrow(/^TMB2/);
  expect(() => table.delete(2, 1, 1)).toThrow(/^TMB2/);
});
