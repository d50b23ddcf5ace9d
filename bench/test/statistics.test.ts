import { expect, it } from "vitest";
import { fitPlane, median } from "../src/statistics.js";

it("takes the middle of an odd number and the mean of two middles", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(median([])).toBe(0);
});

it("finds the cost of a cycle and of a message again", () => {
  const points = [
    [10, 640],
    [4, 1024],
    [100, 100],
  ].map(([first = 0, second = 0]) => ({ first, second, value: 2600 * first + 12.7 * second }));
  const plane = fitPlane(points);
  expect(plane?.perFirst).toBeCloseTo(2600, 6);
  expect(plane?.perSecond).toBeCloseTo(12.7, 6);
});

it("finds the middle of points that do not agree", () => {
  const points = [
    { first: 1, second: 0, value: 10 },
    { first: 1, second: 0, value: 20 },
    { first: 0, second: 2, value: 8 },
  ];
  expect(fitPlane(points)).toEqual({ perFirst: 15, perSecond: 4 });
});

it("finds nothing when every point has the same mix", () => {
  const points = [1, 2, 5].map((n) => ({ first: n, second: 64 * n, value: n }));
  expect(fitPlane(points)).toBeUndefined();
});
