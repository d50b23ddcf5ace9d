// The range of every setting that is a number or a time: both ends are taken, and what lies next to them is not.
import { expect, it } from "vitest";
import { OPTION_KEYS, type OptionKey } from "../../src/config/options.js";
import { parseValues } from "../../src/config/schema.js";
import { RANGES, written } from "../support/setting-ranges.js";

function problemsOf(key: OptionKey, text: string): readonly string[] {
  return parseValues(new Map([[key, { text, source: key }]])).problems;
}

it("stands here for every setting that has one", () => {
  const isRange = (problem = "") => / from \d+(ms)? to \d+/.test(problem);
  const keys = OPTION_KEYS.filter((key) => isRange(problemsOf(key, "no number")[0]));
  expect(Object.keys(RANGES).sort()).toEqual(keys.sort());
});

it.each(Object.entries(RANGES) as [OptionKey, readonly [number, number]][])(
  "%s: from %j, and not one less or more",
  (key, [min, max]) => {
    for (const value of [min, max]) expect(problemsOf(key, written(key, value))).toEqual([]);
    for (const value of [min - 1, max + 1]) {
      const [problem] = problemsOf(key, written(key, value));
      expect(problem).toContain(`from ${written(key, min)} to ${written(key, max)}`);
    }
  },
);

it("streams end for want of deliveries never, or after a second at least", () => {
  expect(problemsOf("popIdleTimeoutMs", "1000")).toEqual([]);
  for (const text of ["1", "999"]) {
    expect(problemsOf("popIdleTimeoutMs", text)[0]).toContain("write 0 for never, or 1000 to");
  }
});
