import fc from "fast-check";
import { expect, it } from "vitest";

it("a list with a maximum is drawn up to it", () => {
  const lists = fc.sample(fc.array(fc.nat(), { maxLength: 300 }), { numRuns: 100, seed: 1 });
  expect(Math.max(...lists.map((list) => list.length))).toBeGreaterThan(200);
});
