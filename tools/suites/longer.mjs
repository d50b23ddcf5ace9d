// The suites of `npm run test:all`: what takes longer than `npm test` may, and nothing that it does already.
// A new long suite is a row here; it prints its counts as counts.mjs says.
import { minutes, npm } from "./commands.mjs";
import { fromKills, fromLastLine } from "./counts.mjs";

/** @type {readonly import("./run-suite.mjs").Suite[]} */
export const LONGER = [
  { name: "conformance", command: npm("conformance"), limitMs: minutes(10), counts: fromLastLine },
  { name: "hardening", command: npm("hardening"), limitMs: minutes(10), counts: fromLastLine },
  { name: "python", command: npm("test:python"), limitMs: minutes(10), counts: fromLastLine },
  {
    name: "containers",
    command: ["deploy/compose/smoke"],
    limitMs: minutes(15),
    counts: fromLastLine,
  },
  {
    name: "seeded bugs",
    command: npm("sim:kill", "--json", "--situations"),
    limitMs: minutes(20),
    counts: fromKills,
  },
  {
    name: "other versions of Node",
    command: npm("test:runtimes"),
    limitMs: minutes(10),
    counts: fromLastLine,
  },
];
