import { expect, it } from "vitest";
import { costOf } from "../../src/cluster/cost.js";
import { counterOf } from "../../src/cluster/metrics-text.js";

const NOTHING = {
  cpuMs: 0,
  rssBytes: 0,
  heapBytes: 0,
  externalBytes: 0,
  gcMs: 0,
  freedBytes: 0,
};

it("spreads what every process used over the messages", () => {
  const node = (name: string, cpuMs: number, syncs: number, writtenBytes: number) => ({
    ...NOTHING,
    name,
    cpuMs,
    gcMs: cpuMs / 10,
    heapBytes: 100_000,
    freedBytes: syncs * 1_000,
    syncs,
    writtenBytes,
    turns: syncs * 2,
    frames: syncs * 3,
    entries: syncs * 4,
  });
  const before = { nodes: [node("a", 100, 10, 1000), node("b", 50, 0, 0)], client: NOTHING };
  const after = {
    nodes: [node("a", 300, 30, 4000), node("b", 150, 10, 1000)],
    client: { ...NOTHING, cpuMs: 400, gcMs: 20 },
  };
  expect(costOf(before, after, 1000)).toEqual({
    nodesCpu: 300,
    clientCpu: 400,
    byProcess: [
      { name: "a", cpu: 200 },
      { name: "b", cpu: 100 },
    ],
    syncsPerMessage: 0.03,
    writtenBytesPerMessage: 4,
    turnsPerMessage: 0.06,
    framesPerMessage: 0.09,
    // 120 entries on two replicas are 60.
    messagesPerEntry: 1000 / 60,
    garbagePerMessage: 30,
    gcShare: 0.1,
    clientGcShare: 0.05,
  });
});

it("counts as garbage also what the heap has grown by, and not what it had before", () => {
  const at = (freedBytes: number, heapBytes: number) => ({
    nodes: [{ cpuMs: 0, freedBytes, heapBytes }],
    client: NOTHING,
  });
  expect(costOf(at(500, 9_000), at(1_500, 9_250), 10).garbagePerMessage).toBe(125);
});

it("leaves out what a foreign server does not tell", () => {
  const reading = (cpuMs: number) => ({
    nodes: [
      { name: "redis", cpuMs },
      { ...NOTHING, name: "x", syncs: 7 },
    ],
    client: NOTHING,
  });
  const cost = costOf(reading(0), reading(5), 1000);
  expect(cost.nodesCpu).toBe(5);
  expect([cost.syncsPerMessage, cost.garbagePerMessage, cost.gcShare]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
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
