import fc from "fast-check";
import { expect, test } from "vitest";
import { backoffCeilingMs, backoffMs } from "../../src/delivery/backoff.js";
import { u32 } from "../support/arbitraries.js";

test("the ceiling doubles from 1 s and stays at 5 minutes for ever (D-17)", () => {
  const first = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map(backoffCeilingMs);
  expect(first).toEqual([
    1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000,
  ]);
});

test("for every n up to a million it is min(1 s * 2^(n-1), 5 min)", () => {
  let wrong = 0;
  for (let n = 1; n <= 1_000_000; n += 1) {
    const expected = n > 9 ? 300_000 : 1000 * 2 ** (n - 1);
    if (backoffCeilingMs(n) !== expected) wrong += 1;
  }
  expect(wrong).toBe(0);
  for (const n of [31, 32, 33, 64, 2 ** 31, 4294967295]) expect(backoffCeilingMs(n)).toBe(300_000);
});

test("full jitter: an integer in [0, ceiling), the same for the same hash", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), u32, (n, jitter) => {
      const delayMs = backoffMs(n, jitter);
      expect(Number.isInteger(delayMs)).toBe(true);
      expect(delayMs).toBeGreaterThanOrEqual(0);
      expect(delayMs).toBeLessThan(backoffCeilingMs(n));
      expect(backoffMs(n, jitter)).toBe(delayMs);
    }),
  );
  expect([backoffMs(20, 0), backoffMs(20, 2 ** 31), backoffMs(20, 4294967295)]).toEqual([
    0, 150_000, 299_999,
  ]);
});
