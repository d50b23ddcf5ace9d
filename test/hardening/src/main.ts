// The hardening suite: `npm run hardening [-- --json] [--quick] [--only TEXT] [--list]`. Bad things are
// done to real nodes; each must end in a clear error or a clean stop. The last line is
// `N passed, M failed`, with `, K skipped` after it when K > 0; with --json one object. Exit code 1 on a
// failure. Known limits count as neither; they are listed.

import { parseArgs } from "node:util";
import { allCases } from "./cases/index.js";
import type { State, Verdict } from "./case.js";
import { runCases } from "./runner.js";

const USAGE = "npm run hardening [-- --json] [--quick] [--only TEXT] [--list]";
const HELP = `${USAGE}

Bad input, slow clients, bursts, broken disks and clocks against real nodes, as a table of cases: each ends in a
clear error or a clean stop. The last line is "N passed, M failed".

  --list       the table: what is done, and what is expected; nothing runs
  --only TEXT  the cases with TEXT in their names
  --quick      the subset that npm test runs
  --json       the verdicts as one object in the last line
  --help       this text

Exit codes: 0 no case failed, 1 a case failed, 2 a command line that cannot be used.`;

function refuse(text: string): never {
  console.error(`${text}\n${USAGE}`);
  process.exit(2);
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        json: { type: "boolean", default: false },
        quick: { type: "boolean", default: false },
        list: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
        only: { type: "string", default: "" },
      },
    }).values;
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

const options = readOptions();

function print(verdict: Verdict): void {
  const seconds = (verdict.wallMs / 1000).toFixed(1).padStart(5);
  const what = allCases.find(({ name }) => name === verdict.name);
  console.log(`${verdict.state.padEnd(7)} ${seconds} s  ${verdict.name}: ${verdict.detail}`);
  if (verdict.state !== "FAILED" || what === undefined) return;
  console.log(`                 done: ${what.does}`);
  console.log(`                 expected: ${what.expects}`);
}

async function main(): Promise<number> {
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const cases = allCases
    .filter(({ isQuick }) => !options.quick || isQuick === true)
    .filter(({ name }) => name.includes(options.only));
  if (cases.length === 0) refuse(`--only "${options.only}" names no case; --list shows them.`);
  if (options.list) {
    for (const { name, does, expects } of cases) console.log(`${name}\n  ${does}\n  -> ${expects}`);
    return 0;
  }
  const startMs = performance.now();
  const { verdicts, folder } = await runCases({ cases, onVerdict: print });
  const count = (state: State): number => verdicts.filter((v) => v.state === state).length;
  const passed = count("ok");
  const failed = count("FAILED");
  if (folder !== undefined) console.log(`data folders and logs are kept in ${folder}`);
  if (options.json) {
    const known = verdicts.filter(({ state }) => state === "known");
    const skipped = verdicts.filter(({ state }) => state === "skipped");
    const wallMs = Math.round(performance.now() - startMs);
    console.log(JSON.stringify({ passed, failed, wallMs, known, skipped, cases: verdicts }));
  } else {
    const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
    console.log(`${String(count("known"))} known limits, ${seconds} s`);
    const skipped = verdicts.filter(({ state }) => state === "skipped");
    for (const { name, detail } of skipped) console.log(`skipped: ${name}: ${detail}`);
    const andSkipped = skipped.length > 0 ? `, ${String(skipped.length)} skipped` : "";
    console.log(`${String(passed)} passed, ${String(failed)} failed${andSkipped}`);
  }
  return failed === 0 ? 0 : 1;
}

process.exit(await main());
