import fc from "fast-check";
import { expect, test } from "vitest";
import { below, fold32, fold53, hash32, hashBytes, mix32 } from "../../src/lib/hash.js";
import { u32, u48 } from "../support/arbitraries.js";

test("goldens: placement, draws and stored hashes depend on these values", () => {
  expect([mix32(0), mix32(1), mix32(4294967295)]).toEqual([0, 1364076727, 2180083513]);
  expect([fold32(0, 0), fold32(1, 2), fold53(1, 2 ** 40 + 3)]).toEqual([
    1270938603, 3571780951, 2025794954,
  ]);
  expect([hash32(7), hash32(7, 1, 2, 3)]).toEqual([2739434808, 2213127626]);
  expect(hashBytes(7, new TextEncoder().encode("priority queue"))).toBe(1614087187);
});

test("mix32 is a bijection: it can be undone", () => {
  // The inverses of the two multipliers modulo 2^32, and of the three shifts.
  const undo = (value: number): number => {
    let h = value;
    h ^= h >>> 16;
    h = Math.imul(h, 0x7ed1b41d);
    h ^= (h >>> 13) ^ (h >>> 26);
    h = Math.imul(h, 0xa5cb9243);
    h ^= h >>> 16;
    return h >>> 0;
  };
  fc.assert(
    fc.property(u32, (x) => {
      expect(undo(mix32(x))).toBe(x);
    }),
  );
});

test("all values are u32, and both halves of a 53-bit integer count", () => {
  fc.assert(
    fc.property(u32, u48, (h, value) => {
      const folded = fold53(h, value);
      expect(Number.isInteger(folded) && folded >= 0 && folded < 2 ** 32).toBe(true);
      expect(fold53(h, value + 2 ** 48)).not.toBe(folded);
    }),
  );
});

test("hashBytes hashes exactly the range it is given, and its length", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20 }), fc.nat(3), fc.nat(3), (bytes, before, after) => {
      const padded = new Uint8Array(before + bytes.length + after).fill(0x55);
      padded.set(bytes, before);
      expect(hashBytes(3, padded, before, before + bytes.length)).toBe(hashBytes(3, bytes));
      const longer = new Uint8Array(bytes.length + 1);
      longer.set(bytes);
      expect(hashBytes(3, longer)).not.toBe(hashBytes(3, bytes));
    }),
  );
});

test("below stays below its bound", () => {
  fc.assert(
    fc.property(u32, fc.integer({ min: 1, max: 2 ** 32 }), (h, bound) => {
      const value = below(h, bound);
      expect(Number.isInteger(value) && value >= 0 && value < bound).toBe(true);
    }),
  );
});
