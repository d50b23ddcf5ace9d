// The suites of `npm run test:all`: what takes longer than `npm test` may, and nothing that it does already.
// A new long suite is a row here; it prints its counts as counts.mjs says. The limits together stay below
// the one in whole.mjs.
import { minutes, npm } from "./commands.mjs";
import { fromKills, fromLastLine } from "./counts.mjs";

/**
 * A sample of the seeded bugs, of every kind: found by early seeds, or by a situation made on purpose. All of
 * them are hunted by `npm run sim:kill -- --situations`.
 */
const BUGS = [
  "raft-A12",
  "raft-B3",
  "raft-C1",
  "seed-S01",
  "seed-S13",
  "rev-A1",
  "rev-A5",
  "rev-B5",
  "rev-C1",
];

/** @type {readonly import("./run-suite.mjs").Suite[]} */
export const LONGER = [
  { name: "conformance", command: npm("conformance"), limitMs: minutes(11), counts: fromLastLine },
  { name: "hardening", command: npm("hardening"), limitMs: minutes(6), counts: fromLastLine },
  {
    name: "soak",
    // Long enough to see what does not go away; by itself `npm run soak` takes five minutes.
    command: npm("soak", "--seconds", "60"),
    limitMs: minutes(4),
    counts: fromLastLine,
  },
  { name: "python", command: npm("test:python"), limitMs: minutes(4), counts: fromLastLine },
  {
    name: "containers",
    command: ["deploy/compose/smoke"],
    limitMs: minutes(9),
    counts: fromLastLine,
  },
  {
    name: "seeded bugs",
    command: npm("sim:kill", "--json", "--situations", ...BUGS.flatMap((id) => ["--mutant", id])),
    limitMs: minutes(5),
    counts: fromKills(BUGS.length),
  },
  {
    name: "score of the simulator",
    // Is the tool whole? A survivor is no failure; the score itself is `npm run sim:score`.
    command: npm("sim:score", "--self-check", "--sample", "3", "--seeds-max", "3"),
    limitMs: minutes(6),
    counts: fromLastLine,
  },
  {
    name: "other versions of Node",
    command: npm("test:runtimes"),
    limitMs: minutes(5),
    counts: fromLastLine,
  },
];
