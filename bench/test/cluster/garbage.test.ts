import { expect, it } from "vitest";
import { garbageOf, GarbageWatch } from "../../src/cluster/garbage.js";

const collection = (cost: number, before: number, after: number) => ({
  cost,
  beforeGC: { heapStatistics: { usedHeapSize: before } },
  afterGC: { heapStatistics: { usedHeapSize: after } },
});

it("sums time and what was freed; a step that frees nothing takes nothing back", () => {
  const collections = [collection(1_500, 900, 400), collection(500, 400, 450)];
  expect(garbageOf(collections)).toEqual({ gcMs: 2, freedBytes: 500 });
  expect(garbageOf([])).toEqual({ gcMs: 0, freedBytes: 0 });
});

it("sees the garbage of this process between two readings", () => {
  const watch = new GarbageWatch();
  expect(watch.read()).toEqual({ gcMs: 0, freedBytes: 0 });
  const kept: unknown[][] = [];
  // 64 MB of arrays, more than the young generation holds.
  for (let i = 0; i < 1_000; i += 1) kept[i % 4] = new Array<number>(8_000).fill(i + 0.5);
  const { gcMs, freedBytes } = watch.read();
  expect(gcMs).toBeGreaterThan(0);
  expect(freedBytes).toBeGreaterThan(16_000_000);
  expect(watch.read().freedBytes).toBeGreaterThanOrEqual(freedBytes);
  expect(kept).toHaveLength(4);
});
