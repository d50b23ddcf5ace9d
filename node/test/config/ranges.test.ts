// The range of every setting that is a number or a time: both ends are taken, and what lies next to them is not.
import { expect, it } from "vitest";
import { OPTION_KEYS, type OptionKey } from "../../src/config/options.js";
import { PORT_BASE_MAX } from "../../src/config/port-layout.js";
import { parseValues } from "../../src/config/schema.js";

const gib = 2 ** 40;
const hourMs = 3_600_000;
const timing = [1, 600_000] as const;
const count = [1, 10_000_000] as const;

const ranges: Partial<Record<OptionKey, readonly [number, number]>> = {
  portBase: [1, PORT_BASE_MAX],
  port: [1, 65_535],
  raftPort: [1, 65_535],
  maxMessageSize: [64 << 10, 14 << 20],
  requestBytesMax: [14 << 20, gib],
  proposedBytesMax: [1 << 20, gib],
  linkBytesMax: [1 << 20, gib],
  producerBytesMax: [1 << 20, gib],
  streamsMax: count,
  sessionsMax: count,
  topicsMax: count,
  groupsMax: count,
  defaultVisibility: [1, 12 * hourMs],
  maxPartitions: [1, 1_000],
  cleanupInterval: [1, 24 * hourMs],
  defaultRf: [1, 7],
  popIdleTimeoutMs: [0, 24 * hourMs],
  popGraceMs: [0, 12 * hourMs],
  popStallMs: [1, 12 * hourMs],
  tickMs: timing,
  beatMs: timing,
  electionMinMs: timing,
  electionMaxMs: timing,
  checkQuorumMs: timing,
  diskStallMs: timing,
};

const withUnits: readonly OptionKey[] = ["defaultVisibility", "cleanupInterval"];

function problemsOf(key: OptionKey, text: string): readonly string[] {
  return parseValues(new Map([[key, { text, source: key }]])).problems;
}

it("stands here for every setting that has one", () => {
  const isRange = (problem = "") => / from \d+(ms)? to \d+/.test(problem);
  const keys = OPTION_KEYS.filter((key) => isRange(problemsOf(key, "no number")[0]));
  expect(Object.keys(ranges).sort()).toEqual(keys.sort());
});

it.each(Object.entries(ranges) as [OptionKey, readonly [number, number]][])(
  "%s: from %j, and not one less or more",
  (key, [min, max]) => {
    const unit = withUnits.includes(key) ? "ms" : "";
    for (const value of [min, max]) expect(problemsOf(key, `${value}${unit}`)).toEqual([]);
    for (const value of [min - 1, max + 1]) {
      const problems = problemsOf(key, `${value}${unit}`);
      expect(problems[0]).toContain(`from ${min}${unit} to ${max}${unit}`);
    }
  },
);

it("streams end for want of deliveries never, or after a second at least", () => {
  expect(problemsOf("popIdleTimeoutMs", "1000")).toEqual([]);
  for (const text of ["1", "999"]) {
    expect(problemsOf("popIdleTimeoutMs", text)[0]).toContain("write 0 for never, or 1000 to");
  }
});
