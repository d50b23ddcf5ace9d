// Any two settings at their ends are refused with a sentence, or three nodes with them serve. The rows are made:
// every pair that some accepted configuration holds stands in one of them.

import { expect, it } from "vitest";
import { loadConfig, type LoadedConfig } from "../../src/config/config.js";
import { optionOf, type OptionKey } from "../../src/config/options.js";
import { TIMES } from "../../src/config/rules.js";
import { coveringArray, type Row } from "../support/covering-array.js";
import { whatFails } from "../support/service-test.js";
import { RANGES, written } from "../support/setting-ranges.js";

/** Ports decide nothing in a simulated world. */
const PORTS: readonly OptionKey[] = ["portBase", "port", "raftPort"];
const OTHERS = (Object.keys(RANGES) as OptionKey[]).filter(
  (key) => !TIMES.some((time) => time === key) && !PORTS.includes(key),
);
const KEYS: readonly OptionKey[] = [...TIMES, ...OTHERS];
/** What it is without the setting, its least and its most. */
const LEVELS = ["default", "min", "max"];
const CLUSTER = "n1=127.0.0.1:8300,n2=127.0.0.1:8301,n3=127.0.0.1:8302";

function load(row: Row, factors: Row = row.map((_, factor) => factor)): LoadedConfig {
  const env: Record<string, string> = { INITIAL_CLUSTER: CLUSTER, NODE_ID: "n1" };
  row.forEach((level, at) => {
    const key = KEYS[factors[at]];
    const { env: name = key } = optionOf(key) as { env?: string };
    const range = RANGES[key];
    if (level > 0 && range) env[name] = written(key, range[level - 1]);
  });
  return loadConfig({ argv: [], env });
}

function describe(row: Row, factors: Row = row.map((_, factor) => factor)): string {
  const set = row.flatMap((level, at) =>
    level === 0 ? [] : [`${KEYS[factors[at]]} ${LEVELS[level]}`],
  );
  return set.join(", ") || "nothing set";
}

const isAccepted = (row: Row): boolean => load(row).kind === "config";
const { rows, never } = coveringArray(
  KEYS.map(() => LEVELS.length),
  TIMES.length,
  isAccepted,
);

it("pairs that nothing else can save are refused with a sentence", () => {
  expect(never.length).toBeGreaterThan(0);
  for (const { levels, factors } of never) {
    const loaded = load(levels, factors);
    const problems = loaded.kind === "problems" ? loaded.problems : [];
    expect(problems, describe(levels, factors)).not.toEqual([]);
    for (const problem of problems) expect(problem).toMatch(/^[A-Z].* .*\.$/);
  }
});

it.each(rows.map((row) => [describe(row), row] as [string, Row]))("%s: serves", (_, row) => {
  const loaded = load(row);
  if (loaded.kind !== "config") throw new Error(`it is refused: ${JSON.stringify(loaded)}`);
  expect(whatFails(loaded.config)).toBeUndefined();
});
