import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Histogram, summaryOf } from "../src/histogram.js";

const microseconds = fc.oneof(
  fc.integer({ min: 0, max: 1_000 }),
  fc.integer({ min: 0, max: 100_000_000 }),
);

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const us of values) histogram.record(us / 1000);
  return histogram;
}

/** The quantile by its definition, over the sorted values. */
function exactQuantileUs(values: readonly number[], fraction: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(sorted.length * fraction)) - 1] ?? 0;
}

describe("quantiles", () => {
  it("are never below the exact one and at most 0.8 % above it", () => {
    const fraction = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(microseconds, { minLength: 1 }), fraction, (values, q) => {
        const exact = exactQuantileUs(values, q);
        const found = Math.round(histogramOf(values).quantileMs(q) * 1000);
        expect(found).toBeGreaterThanOrEqual(exact);
        expect(found).toBeLessThanOrEqual(exact * (1 + 1 / 128));
      }),
    );
  });

  it("are exact below 256 µs", () => {
    const values = Array.from({ length: 256 }, (_, i) => i);
    const histogram = histogramOf(values);
    for (const fraction of [0, 0.25, 0.5, 0.95, 0.99, 1]) {
      expect(histogram.quantileMs(fraction)).toBe(exactQuantileUs(values, fraction) / 1000);
    }
  });

  it("never exceed the largest value, which is exact", () => {
    const histogram = histogramOf([70_001, 3]);
    expect(histogram.maxMs).toBe(70.001);
    expect(histogram.quantileMs(1)).toBe(70.001);
  });
});

it("sums up count, mean and quantiles", () => {
  const histogram = histogramOf(Array.from({ length: 100 }, (_, i) => i + 1));
  expect(summaryOf(histogram)).toEqual({
    count: 100,
    meanMs: 0.0505,
    p50Ms: 0.05,
    p95Ms: 0.095,
    p99Ms: 0.099,
    p999Ms: 0.1,
    maxMs: 0.1,
  });
});

it("adds another histogram as if its values had been recorded here", () => {
  fc.assert(
    fc.property(fc.array(microseconds), fc.array(microseconds), (a, b) => {
      const sum = histogramOf(a);
      sum.add(histogramOf(b));
      expect(summaryOf(sum)).toEqual(summaryOf(histogramOf([...a, ...b])));
    }),
  );
});

it("takes what is out of range at its ends", () => {
  const histogram = new Histogram();
  histogram.record(-5);
  histogram.record(1e12);
  expect(histogram.quantileMs(0.5)).toBe(0);
  expect(histogram.maxMs).toBe(0xffff_ffff / 1000);
});

it("of nothing is all zeros", () => {
  expect(summaryOf(new Histogram())).toEqual({
    count: 0,
    meanMs: 0,
    p50Ms: 0,
    p95Ms: 0,
    p99Ms: 0,
    p999Ms: 0,
    maxMs: 0,
  });
});
