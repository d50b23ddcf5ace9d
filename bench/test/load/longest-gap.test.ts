import { expect, it } from "vitest";
import { LongestGap } from "../../src/load/longest-gap.js";

it("finds the longest silence from the beginning on, also before the first and after the last answer", () => {
  const gapOf = (answers: readonly number[], endMs: number): number => {
    const gap = new LongestGap();
    gap.answered(10);
    gap.begin(100);
    for (const at of answers) gap.answered(at);
    return gap.end(endMs);
  };
  expect(gapOf([110, 150, 155], 160)).toBe(40);
  expect(gapOf([190, 195], 200)).toBe(90);
  expect(gapOf([101, 102], 500)).toBe(398);
  expect(gapOf([], 130)).toBe(30);
});
