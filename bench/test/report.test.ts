import { expect, it } from "vitest";
import { heading, median, notes, row } from "../src/report.js";
import type { Result } from "../src/workloads/workload.js";

const latency = { count: 9, meanMs: 2, p50Ms: 1.234, p95Ms: 12.34, p99Ms: 123.4, maxMs: 200 };

function result(part: Partial<Result> = {}): Result {
  return { name: "open", seconds: 2, messages: 20, perSecond: 10, failed: 0, latency, ...part };
}

it("takes the middle of an odd number and the mean of two middles", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(median([])).toBe(0);
});

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
  expect(line.trimEnd().endsWith("200")).toBe(true);
});

it("shows the median of several runs and the spread of the rate", () => {
  const runs = [5, 100, 20].map((perSecond) => result({ perSecond }));
  expect(row(runs)).toContain("   20 ");
  expect(notes(runs)).toContain("rate of 3 runs: 5 to 100 msg/s");
});

it("says whether a goal was met, and what failed", () => {
  const goal = { says: "p95 in ms", value: 25, max: 20, met: false };
  const lines = notes([result({ goal, failed: 2, firstError: "no leader" })]);
  expect(lines).toContain("goal MISSED: p95 in ms: 25.0 (limit 20)");
  expect(lines).toContain("FAILED operations: 2; first: no leader");
});
