import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  durationMs,
  signedFrom,
  signedHalves,
  toDuration,
  unsignedFrom,
  unsignedHalves,
} from "../../src/grpc/scalars.js";

describe("64-bit integers in halves", () => {
  it("round-trips every int64 and uint64", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const { hi, lo } = signedHalves(value);
        expect(hi | 0).toBe(hi);
        expect(lo >>> 0).toBe(lo);
        expect(signedFrom(hi, lo)).toBe(value);
      }),
    );
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
        const { hi, lo } = unsignedHalves(value);
        expect(hi >>> 0).toBe(hi);
        expect(unsignedFrom(hi, lo)).toBe(value);
      }),
    );
  });

  it("keeps the ends", () => {
    expect(signedHalves(-(2n ** 63n))).toEqual({ hi: -2147483648, lo: 0 });
    expect(signedHalves(2n ** 63n - 1n)).toEqual({ hi: 2147483647, lo: 4294967295 });
    expect(signedHalves(-1n)).toEqual({ hi: -1, lo: 4294967295 });
    expect(unsignedHalves(2n ** 64n - 1n)).toEqual({ hi: 4294967295, lo: 4294967295 });
  });
});

describe("durations", () => {
  it.each([
    [0n, 1, 1],
    [0n, 1_000_000, 1],
    [0n, 1_000_001, 2],
    [1n, 0, 1000],
    [0n, 999_999_999, 1000],
    [0n, 0, 0],
    [0n, -1, -1],
    [-1n, -1, -1001],
    [-1n, 0, -1000],
    [43_200n, 1, 43_200_001],
    [315_576_000_000n, 0, 315_576_000_000_000],
  ])("reads %s s %s ns as %s ms, rounded away from zero", (seconds, nanos, ms) => {
    expect(durationMs("f", { seconds, nanos })).toBe(ms);
  });

  it.each([
    [1n, -1],
    [-1n, 1],
    [0n, 1_000_000_000],
    [10n ** 15n, 0],
    [-(2n ** 63n), 0],
  ])("refuses %s s %s ns", (seconds, nanos) => {
    expect(() => durationMs("f", { seconds, nanos })).toThrow(/^f: /);
  });

  it("writes milliseconds back without loss", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 45 }), (ms) => {
        expect(durationMs("f", toDuration(ms))).toBe(ms);
      }),
    );
  });
});
