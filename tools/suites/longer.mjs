// The suites of `npm run test:all`: what takes longer than `npm test` may, and nothing that it does already.
// A new long suite is a row here; it prints its counts as counts.mjs says. The limits together stay below
// the one of tools/ci.mjs.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../rooms.mjs";
import { minutes, npm } from "./commands.mjs";
import { fromKills, fromLastLine } from "./counts.mjs";

const MUTANTS = join(root, "sim/mutants");

/** How many seeded bugs are hunted: all but those that nothing can tell from the original. */
function huntable() {
  const files = readdirSync(MUTANTS).filter((name) => name.endsWith(".json"));
  const texts = files.map((name) => readFileSync(join(MUTANTS, name), "utf8"));
  return texts.filter((text) => JSON.parse(text).equivalent === undefined).length;
}

/** @type {readonly import("./run-suite.mjs").Suite[]} */
export const LONGER = [
  { name: "conformance", command: npm("conformance"), limitMs: minutes(6), counts: fromLastLine },
  { name: "hardening", command: npm("hardening"), limitMs: minutes(6), counts: fromLastLine },
  { name: "python", command: npm("test:python"), limitMs: minutes(4), counts: fromLastLine },
  {
    name: "containers",
    command: ["deploy/compose/smoke"],
    limitMs: minutes(9),
    counts: fromLastLine,
  },
  {
    name: "seeded bugs",
    command: npm("sim:kill", "--json", "--situations"),
    limitMs: minutes(16),
    counts: fromKills(huntable()),
  },
  {
    name: "other versions of Node",
    command: npm("test:runtimes"),
    limitMs: minutes(5),
    counts: fromLastLine,
  },
];
