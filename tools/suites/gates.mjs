// The suites of `npm test`: what every change must pass, in a few minutes. A time limit is several times
// what the suite takes on a quiet machine with two cores; together they are below the limit that `.ci/run` has
// for all of them (whole.mjs), so that what hangs fails by its own name.
import { installed, minutes, node } from "./commands.mjs";
import { asOne, fromLastLine, fromSeeds, fromVitest } from "./counts.mjs";

const SEEDS = 24;

/** The lines of tests that pass are left out. */
const isNews = (line) => !/^\s*(\u001b\[\d+m)*\s*✓|^\s*$/u.test(line);

const vitest = installed(
  "vitest/vitest.mjs",
  "run",
  "--silent=passed-only",
  "--reporter=default",
  "--reporter=json",
  "--outputFile.json={report}",
);

/** @type {readonly import("./run-suite.mjs").Suite[]} */
export const GATES = [
  {
    name: "types",
    command: node("tools/build.mjs"),
    limitMs: minutes(4),
    counts: asOne,
    stopsTheRest: true,
  },
  {
    name: "types of tests",
    command: installed("typescript/bin/tsc", "-p", "tsconfig.test.json"),
    limitMs: minutes(3),
    counts: asOne,
  },
  {
    name: "lint",
    command: installed("eslint/bin/eslint.js", "."),
    limitMs: minutes(4),
    counts: asOne,
  },
  {
    name: "format",
    command: installed("prettier/bin/prettier.cjs", "--check", "--log-level=warn", "."),
    limitMs: minutes(2),
    counts: asOne,
  },
  { name: "boundaries", command: node("tools/boundaries.mjs"), limitMs: minutes(2), counts: asOne },
  {
    name: "unit, property and conformance tests",
    command: vitest,
    limitMs: minutes(15),
    counts: fromVitest,
    shows: isNews,
  },
  {
    name: "simulation, each seed twice",
    command: node("sim/dist/cli/main.js", "--seeds", `1..${SEEDS}`, "--twice", "--json"),
    limitMs: minutes(4),
    counts: fromSeeds(SEEDS),
  },
  {
    name: "process test",
    command: node("test/cluster/dist/main.js"),
    limitMs: minutes(3),
    counts: fromLastLine,
  },
];
