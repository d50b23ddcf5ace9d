// The draws of plans are pinned: with other bits, every seed that failed once would mean another plan.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PlanDraws, seedBits } from "../../src/plan/plan-draws.js";

const seeds = fc.integer({ min: 1, max: 1_000_000 }).map(String);

describe("the bits of a seed", () => {
  test("never change", () => {
    expect(["1", "33", "any text"].map(seedBits)).toMatchInlineSnapshot(`
      [
        {
          "hi": 2750935809,
          "lo": 3646954713,
        },
        {
          "hi": 3033817930,
          "lo": 2792847875,
        },
        {
          "hi": 685042746,
          "lo": 1361427706,
        },
      ]
    `);
  });

  test("are others than those of its neighbour", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (n) => {
        expect(seedBits(String(n))).not.toEqual(seedBits(String(n + 1)));
      }),
    );
  });
});

describe("D-61: named draws", () => {
  test("depend on the seed, the name and the place in that name alone, whatever is drawn between", () => {
    const names = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 40 });
    fc.assert(
      fc.property(seeds, names, fc.constantFrom("a", "b", "c", "d"), (seed, order, removed) => {
        const drawAll = (list: readonly string[]): Map<string, number[]> => {
          const draws = new PlanDraws(seedBits(seed));
          const values = new Map<string, number[]>();
          for (const name of list)
            values.set(name, [...(values.get(name) ?? []), draws.next(name)]);
          return values;
        };
        const all = drawAll(order);
        const without = drawAll(order.filter((name) => name !== removed));
        for (const [name, values] of without) expect(values).toEqual(all.get(name));
        const sorted = drawAll([...order].sort());
        for (const [name, values] of sorted) expect(values).toEqual(all.get(name));
      }),
    );
  });
});
