import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkRankBound } from "../../src/index.js";

const waits = (rank: number, from: number, to: number) => ({ rank, from, to });

describe("rank bound", () => {
  it.each([
    ["K - 1 better ones may wait", [waits(0, 0, 9), waits(1, 0, 9)], waits(5, 2, 3), 3],
    ["equal ranks never count", [waits(5, 0, 9), waits(5, 0, 9)], waits(5, 2, 3), 1],
    ["one that came after the credit does not count", [waits(0, 2, 9)], waits(5, 2, 3), 1],
    [
      "one that was taken before the item arrived does not count",
      [waits(0, 0, 3)],
      waits(5, 2, 3),
      1,
    ],
  ])("legal: %s", (_name, ready, pop, k) => {
    expect(checkRankBound(ready, [pop], k)).toBeUndefined();
  });

  it.each([
    ["K better ones waited throughout", [waits(0, 0, 9), waits(1, 1, 4)], waits(5, 2, 3), 2],
    ["K = 1 is exact order", [waits(4, 0, 9)], waits(5, 2, 3), 1],
    ["one that waits for ever", [waits(0, 0, Infinity)], waits(1, 8, 9), 1],
  ])("illegal: %s", (_name, ready, pop, k) => {
    const fault = checkRankBound(ready, [pop], k);
    expect(fault?.pop).toBe(pop);
    expect(fault?.better).toHaveLength(k);
  });

  it("agrees with counting", () => {
    const interval = fc
      .record({ rank: fc.nat(8), from: fc.nat(30), length: fc.nat(20) })
      .map(({ rank, from, length }) => waits(rank, from, from + length));
    fc.assert(
      fc.property(
        fc.array(interval),
        fc.array(interval),
        fc.integer({ min: 1, max: 4 }),
        (ready, pops, k) => {
          const better = (pop: ReturnType<typeof waits>) =>
            ready.filter((one) => one.rank < pop.rank && one.from < pop.from && one.to > pop.to);
          const expected = pops.some((pop) => better(pop).length >= k);
          const fault = checkRankBound(ready, pops, k);
          expect(fault !== undefined).toBe(expected);
          for (const one of fault?.better ?? []) expect(better(fault?.pop ?? one)).toContain(one);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("refuses a K below 1", () => {
    expect(() => checkRankBound([], [], 0)).toThrow("K must be a whole number from 1");
  });
});
