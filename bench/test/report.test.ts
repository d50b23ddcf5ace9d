import { expect, it } from "vitest";
import { heading, notes, row } from "../src/report.js";
import type { Result } from "../src/workloads/workload.js";

const latency = {
  count: 9,
  meanMs: 2,
  p50Ms: 1.234,
  p95Ms: 12.34,
  p99Ms: 123.4,
  p999Ms: 150,
  maxMs: 200,
};

const COST = {
  nodesCpu: 0,
  clientCpu: 0,
  byProcess: [],
  syncsPerMessage: undefined,
  writtenBytesPerMessage: undefined,
  turnsPerMessage: undefined,
  framesPerMessage: undefined,
  messagesPerEntry: undefined,
  garbagePerMessage: undefined,
  gcShare: undefined,
  clientGcShare: 0,
};

function result(part: Partial<Result> = {}): Result {
  return { name: "open", seconds: 2, messages: 20, perSecond: 10, failed: 0, latency, ...part };
}

it("sets figures under their headings, and leaves out what was not measured", () => {
  const [titles] = heading();
  const line = row([result()]);
  for (const [title, figure] of [
    ["p50", "1.23"],
    ["p95", "12.3"],
    ["p99", "123"],
  ] as const) {
    expect(line.indexOf(figure) + figure.length).toBe((titles ?? "").indexOf(title) + 3);
  }
  expect(line.trimEnd().endsWith("150")).toBe(true);
});

it("shows the median of several runs and the spread of the rate", () => {
  const runs = [5, 100, 20].map((perSecond) => result({ perSecond }));
  expect(row(runs)).toMatch(/^open +20 /);
  expect(notes(runs)).toContain("rate of 3 runs: 5 to 100 msg/s");
});

it("says whether a goal was met, and what failed", () => {
  const goal = { says: "p95 in ms", value: 25, max: 20, met: false };
  const lines = notes([result({ goal, failed: 2, firstError: "no leader" })]);
  expect(lines).toContain("goal MISSED: p95 in ms: 25.0 (limit 20)");
  expect(lines).toContain("FAILED operations: 2; first: no leader");
});

it("says whether deliveries fall behind enqueues", () => {
  const behind = { enqueuedPerSecond: 100, messages: 50, grewBy: 9, drainedMs: 500, left: 0 };
  const said = (part: Partial<typeof behind>) =>
    notes([result({ behind: { ...behind, ...part } })]).join();
  // Of 200 enqueues in 2 s.
  expect(said({})).toBe(
    "keeps up: 100 enqueues/s; behind by 50, +9 in the measured part; the rest took 0.50 s",
  );
  expect(said({ grewBy: 11 })).toContain("FALLS BEHIND");
  expect(said({ grewBy: -3 })).toContain("-3 in");
  const left = { ...behind, drainedMs: undefined, left: 7 };
  expect(notes([result({ behind: left })]).join()).toContain("7 were still there");
});

it("says what every process used, and who leads", () => {
  const byProcess = [
    { name: "n1", cpu: 12.34 },
    { name: "n2", cpu: 5 },
  ];
  const cost = { ...COST, byProcess, clientCpu: 7 };
  expect(notes([result({ cost, leaders: { n2: 3 } })])).toEqual([
    "CPU us a message: n1 12.3, n2 5.00, client 7.00; partitions led: n2 3",
  ]);
});
