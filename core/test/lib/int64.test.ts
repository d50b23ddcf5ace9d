import fc from "fast-check";
import { expect, test } from "vitest";
import { compareInt64 } from "../../src/lib/int64.js";
import { i32, u32 } from "../support/arbitraries.js";

function big(hi: number, lo: number): bigint {
  return BigInt(hi) * 4294967296n + BigInt(lo);
}

test("orders (hi signed, lo unsigned) like the 64-bit integers they stand for", () => {
  fc.assert(
    fc.property(i32, u32, i32, u32, (aHi, aLo, bHi, bLo) => {
      const a = big(aHi, aLo);
      const b = big(bHi, bLo);
      expect(Math.sign(compareInt64(aHi, aLo, bHi, bLo))).toBe(a < b ? -1 : a > b ? 1 : 0);
    }),
  );
});

test("at the ends: MIN_INT64 is least, MAX_INT64 greatest, and -1 comes before 0", () => {
  const min = [-2147483648, 0] as const;
  const max = [2147483647, 4294967295] as const;
  const minusOne = [-1, 4294967295] as const;
  const zero = [0, 0] as const;
  const sorted = [zero, max, minusOne, min].sort((a, b) => compareInt64(a[0], a[1], b[0], b[1]));
  expect(sorted).toEqual([min, minusOne, zero, max]);
});
