import { expect, it } from "vitest";
import { countsChanged, type Holding, memoryGrown } from "../../src/soak/holdings.js";

const MIB = 2 ** 20;

function nodes(part: Record<string, readonly [number, number]>, liveMib = 20): Holding[] {
  return ["n1", "n2"].map((node, i) => ({
    node,
    items: new Map(Object.entries(part).map(([what, both]) => [what, both[i] ?? 0])),
    liveBytes: liveMib * MIB,
    rssBytes: 0,
  }));
}

it("a count that is not what it was is told, more or less", () => {
  const before = nodes({ streams: [2, 3], requests: [0, 0] });
  expect(countsChanged(before, before)).toEqual([]);
  expect(countsChanged(before, nodes({ streams: [2, 4], requests: [0, 0] }))).toEqual([
    "n2: streams was 3 and is 4",
  ]);
  expect(countsChanged(before, nodes({ streams: [1, 3], requests: [0, 0] }))).toHaveLength(1);
  expect(countsChanged(before, nodes({ streams: [2, 3], unheardOf: [1, 0] }))).toHaveLength(1);
});

it("timers may move to another leader, and not become more", () => {
  const before = nodes({ due: [2, 0] });
  expect(countsChanged(before, nodes({ due: [0, 2] }))).toEqual([]);
  expect(countsChanged(before, nodes({ due: [1, 2] }))).toHaveLength(1);
});

it("memory may differ by a tolerance", () => {
  expect(memoryGrown(nodes({}, 20), nodes({}, 36))).toEqual([]);
  expect(memoryGrown(nodes({}, 20), nodes({}, 37))).toEqual([
    "n1: 20 MiB were held and 37 MiB are",
    "n2: 20 MiB were held and 37 MiB are",
  ]);
});
