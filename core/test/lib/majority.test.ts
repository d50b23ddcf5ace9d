import fc from "fast-check";
import { expect, test } from "vitest";
import { majorityReached } from "../../src/lib/majority.js";

test("a majority of the readings has reached it, and no majority has reached more", () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1, maxLength: 9 }), (readings) => {
      const downwards = [...readings].sort((a, b) => b - a);
      expect(majorityReached(readings)).toBe(downwards[Math.floor(readings.length / 2)]);
    }),
  );
});

test("a minority that is ahead, or unknown, counts for nothing; of two readings both count", () => {
  expect(majorityReached([100, 7, 9])).toBe(9);
  expect(majorityReached([0, 0, 9])).toBe(0);
  expect(majorityReached([5, 0])).toBe(0);
});
