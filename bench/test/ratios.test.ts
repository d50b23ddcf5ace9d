import { expect, it } from "vitest";
import { RATIOS, ratioLine, ratiosOf, type RatioRule } from "../src/ratios.js";
import { WORKLOADS } from "../src/workloads/index.js";
import type { Result } from "../src/workloads/workload.js";

const RULE: RatioRule = { of: "ours", to: "bare", figure: "rate" };
const run = (name: string, perSecond: number, part: Partial<Result> = {}): Result => ({
  ...{ name, seconds: 1, messages: 1, perSecond, failed: 0 },
  ...part,
});

it("sets runs of the same round against each other, and tells the middle", () => {
  const results = [
    ...[run("ours", 50), run("ours", 10), run("ours", 300)],
    ...[run("bare", 100), run("bare", 40), run("bare", 200)],
  ];
  const [ratio] = ratiosOf([RULE], results);
  expect(ratio).toEqual({ ...RULE, median: 0.5, low: 0.25, high: 1.5, rounds: 3 });
  expect(ratio && ratioLine(ratio)).toBe(
    "ratio ours / bare, rate: 0.50 (0.25 to 1.50 in 3 rounds)",
  );
});

it("says nothing of a line that did not run, or that lacks the figure", () => {
  expect(ratiosOf([RULE], [run("ours", 5)])).toEqual([]);
  expect(ratiosOf([RULE], [run("ours", 5), run("bare", 0)])).toEqual([]);
  const failed = run("ours", 0, { messages: 0, failed: 1 });
  const results = [failed, run("ours", 8), run("bare", 4), run("bare", 4)];
  expect(ratiosOf([RULE], results)).toMatchObject([{ median: 2, rounds: 1 }]);
  const p50: RatioRule = { ...RULE, figure: "enqueue p50" };
  expect(ratiosOf([p50], [run("ours", 5), run("bare", 5)])).toEqual([]);
});

it("compares latencies of the enqueue alone, and leaves the spread of one round out", () => {
  const summary = { count: 1, meanMs: 1, p95Ms: 1, p99Ms: 1, p999Ms: 1, maxMs: 1 };
  const timed = (name: string, p50Ms: number) =>
    run(name, 1, { parts: { "to enqueued": { ...summary, p50Ms } } });
  const [ratio] = ratiosOf(
    [{ ...RULE, figure: "enqueue p50" }],
    [timed("ours", 6), timed("bare", 4)],
  );
  expect(ratio && ratioLine(ratio)).toBe("ratio ours / bare, enqueue p50: 1.50");
});

it("names only lines that exist", () => {
  const names = new Set(WORKLOADS.map(({ name }) => name));
  const named = RATIOS.flatMap(({ of, to }) => [of, to]);
  expect(named.filter((name) => !names.has(name))).toEqual([]);
  expect(names.size).toBe(WORKLOADS.length);
});
