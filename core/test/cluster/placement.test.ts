import fc from "fast-check";
import { expect, test } from "vitest";
import { placeReplicas, rendezvous } from "../../src/cluster/placement.js";
import { LEVEL_1 } from "../../src/machine/levels/level-1.js";
import { u32 } from "../support/arbitraries.js";

test("goldens: a change here moves data", () => {
  const placed = [1, 2, 3, 4].map((group) => placeReplicas(group, [1, 2, 3, 4, 5], 3, LEVEL_1));
  expect(placed).toEqual([
    [2, 3, 4],
    [3, 4, 5],
    [4, 5, 1],
    [5, 1, 2],
  ]);
  const keys = [0, 1, 2, 3, 12345, 4294967295];
  expect(keys.map((k) => rendezvous(k, 8))).toEqual([5, 4, 0, 7, 3, 6]);
  expect(keys.map((k) => rendezvous(k, 100))).toEqual([80, 44, 49, 87, 3, 10]);
});

test("voters are distinct members, as many as asked for and there are", () => {
  const members = fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), {
    minLength: 1,
    maxLength: 9,
  });
  fc.assert(
    fc.property(fc.nat(1000), members, fc.nat(9), (group, ids, wanted) => {
      const voters = placeReplicas(group, ids, wanted, LEVEL_1);
      expect(new Set(voters).size).toBe(voters.length);
      expect(voters.every((v) => ids.includes(v))).toBe(true);
      // 0 is the default; two replicas on three or more nodes are three voters.
      const expected = wanted === 0 || wanted === 2 ? 3 : wanted;
      expect(voters).toHaveLength(Math.min(ids.length, expected));
    }),
  );
});

test("preferred leaders are spread evenly", () => {
  const leaders = new Map<number, number>();
  for (let group = 1; group <= 100; group += 1) {
    const [first] = placeReplicas(group, [1, 2, 3, 4, 5], 3, LEVEL_1);
    leaders.set(first, (leaders.get(first) ?? 0) + 1);
  }
  expect([...leaders.values()]).toEqual([20, 20, 20, 20, 20]);
});

test("a key moves only to the partition that was added", () => {
  fc.assert(
    fc.property(u32, fc.integer({ min: 1, max: 60 }), (key, partitions) => {
      const before = rendezvous(key, partitions);
      const after = rendezvous(key, partitions + 1);
      expect(before).toBeLessThan(partitions);
      expect([before, partitions]).toContain(after);
    }),
  );
});

test("keys are spread over all partitions", () => {
  const counts = new Array<number>(8).fill(0);
  for (let key = 0; key < 8000; key += 1) counts[rendezvous(key, 8)] += 1;
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
});
