import fc from "fast-check";
import { expect, test } from "vitest";
import { Best } from "../../src/lib/best.js";

test("keeps what sorting everything would put first, in that order", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer(), { maxLength: 200 }), fc.nat(30), (values, count) => {
      const best = new Best(count, (a, b) => a < b);
      for (const value of values) best.offer(value);
      expect(best.inOrder()).toEqual([...values].sort((a, b) => a - b).slice(0, count));
      expect(best.offered).toBe(values.length);
    }),
  );
});

test("costs about one comparison for each that is worse than all that are kept", () => {
  let comparisons = 0;
  const best = new Best(100, (a, b) => {
    comparisons += 1;
    return a < b;
  });
  for (let value = 0; value < 100_000; value += 1) best.offer(value);
  expect(comparisons).toBeLessThan(102_000);
});
