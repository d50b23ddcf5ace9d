import { expect, it } from "vitest";
import { costOf } from "../../src/cluster/cost.js";
import { counterOf } from "../../src/cluster/metrics-text.js";

const NOTHING = { cpuMs: 0, rssBytes: 0, heapBytes: 0, externalBytes: 0 };

it("spreads what every process used over the messages", () => {
  const node = (cpuMs: number, syncs: number, writtenBytes: number) => ({
    ...NOTHING,
    cpuMs,
    syncs,
    writtenBytes,
    turns: syncs * 2,
    frames: syncs * 3,
  });
  const before = { nodes: [node(100, 10, 1000), node(50, 0, 0)], client: NOTHING };
  const after = {
    nodes: [node(300, 30, 4000), node(150, 10, 1000)],
    client: { ...NOTHING, cpuMs: 400 },
  };
  const cost = costOf(before, after, 1000);
  expect(cost.perNodeCpu).toEqual([200, 100]);
  expect(cost.nodesCpu).toBe(300);
  expect(cost.clientCpu).toBe(400);
  expect(cost.syncsPerMessage).toBe(0.03);
  expect(cost.writtenBytesPerMessage).toBe(4);
  expect(cost.turnsPerMessage).toBe(0.06);
  expect(cost.framesPerMessage).toBe(0.09);
});

it("costs nothing per message where there were none", () => {
  const reading = { nodes: [], client: NOTHING };
  expect(costOf(reading, reading, 0).clientCpu).toBe(0);
});

it("reads a counter, and not one whose name only begins alike", () => {
  const page = "# HELP a_total Text.\n# TYPE a_total counter\na_total_more 7\na_total 12.5\n";
  expect(counterOf(page, "a_total")).toBe(12.5);
  expect(() => counterOf(page, "b_total")).toThrow(/no b_total/);
});
