import fc from "fast-check";
import { expect, test } from "vitest";
import { backoffCeilingMs, backoffMs } from "../../src/delivery/backoff.js";
import { LEVEL_1 } from "../../src/machine/levels/level-1.js";
import { u32 } from "../support/arbitraries.js";

test("the ceiling doubles from 1 s and stays at 5 minutes for ever (D-17)", () => {
  const first = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((n) => backoffCeilingMs(n, LEVEL_1));
  expect(first).toEqual([
    1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000,
  ]);
});

test("for every n up to a million it is min(1 s * 2^(n-1), 5 min)", () => {
  let wrong = 0;
  for (let n = 1; n <= 1_000_000; n += 1) {
    const expected = n > 9 ? 300_000 : 1000 * 2 ** (n - 1);
    if (backoffCeilingMs(n, LEVEL_1) !== expected) wrong += 1;
  }
  expect(wrong).toBe(0);
  for (const n of [31, 32, 33, 64, 2 ** 31, 4294967295])
    expect(backoffCeilingMs(n, LEVEL_1)).toBe(300_000);
});

test("full jitter: an integer in [0, ceiling), the same for the same hash", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), u32, (n, jitter) => {
      const delayMs = backoffMs(n, jitter, LEVEL_1);
      expect(Number.isInteger(delayMs)).toBe(true);
      expect(delayMs).toBeGreaterThanOrEqual(0);
      expect(delayMs).toBeLessThan(backoffCeilingMs(n, LEVEL_1));
      expect(backoffMs(n, jitter, LEVEL_1)).toBe(delayMs);
    }),
  );
  expect([0, 2 ** 31, 4294967295].map((hash) => backoffMs(20, hash, LEVEL_1))).toEqual([
    0, 150_000, 299_999,
  ]);
});
