// Runs lines in turn and prints what came: progress while it goes on, then a table over all rounds, ratios,
// what the columns mean, and with --json one object.

import { type RunOptions, runOnce } from "./bench-run.js";
import { aboutMachine, machineLine } from "./machine.js";
import type { Options } from "./options.js";
import { summaryLines } from "./profile/summary.js";
import { progressLine } from "./progress.js";
import { type RatioRule, ratioLine, ratiosOf } from "./ratios.js";
import { heading, notes, row } from "./report.js";
import { runInRounds } from "./rounds.js";
import { errorText, type Result, type Workload } from "./workloads/workload.js";

const LEGEND = [
  "Latencies are of this client's clock: end to end from the enqueue to the committed acknowledgement, open",
  "loops from the moment a call was due. behind: enqueued and not acknowledged at the end. CPU in microseconds",
  "a message. entry: messages an entry of the log. syncs, turns, frames, written: all servers together.",
  "garbage: bytes on the heaps of all servers; gc: the collector's share of their CPU.",
];

export interface TableOptions {
  readonly title: string;
  readonly workloads: readonly Workload[];
  readonly rules: readonly RatioRule[];
  readonly options: Options;
}

/** Exit code: 1 when an operation failed. */
export async function printTable(table: TableOptions): Promise<number> {
  const { title, workloads, rules, options } = table;
  const machine = aboutMachine();
  console.log(`${title}\n${machineLine(machine)}\n`);
  const progress = progressLine(process.stderr);
  const total = workloads.length * options.runs;
  let begun = 0;
  const outcomes = await runInRounds(
    workloads,
    options.runs,
    async (workload) => {
      const results = await resultsOf(workload, { ...options, progress: progress.detail });
      for (const { name, perSecond } of results) {
        progress.done(`${name}: ${perSecond.toFixed(0)}/s`);
      }
      return results;
    },
    {
      begins: ({ name }, round) => {
        begun += 1;
        progress.begin(`${begun} of ${total}: ${name}, round ${round} of ${options.runs}`);
      },
    },
  );
  progress.end();
  for (const line of heading()) console.log(line);
  const results: Result[] = [];
  for (const runs of outcomes.values()) {
    for (const rowRuns of byName(runs).values()) {
      console.log(row(rowRuns));
      for (const note of notes(rowRuns)) console.log(`    ${note}`);
      results.push(...rowRuns);
    }
  }
  const ratios = ratiosOf(rules, results);
  if (ratios.length > 0) console.log(`\n${ratios.map(ratioLine).join("\n")}`);
  if (options.profileFolder !== undefined) {
    for (const line of summaryLines(options.profileFolder)) console.log(line);
  }
  console.log(`\n${LEGEND.join("\n")}`);
  const failed = results.reduce((sum, result) => sum + result.failed, 0);
  if (options.json) {
    console.log(JSON.stringify({ ok: failed === 0, machine, results, ratios }));
  }
  return failed === 0 ? 0 : 1;
}

/** A line that cannot be carried out is a failed row: an hour of other lines is not lost with it. */
export async function resultsOf(
  workload: Workload,
  options: RunOptions,
): Promise<readonly Result[]> {
  try {
    return await runOnce(workload, options);
  } catch (error) {
    const nothing = { seconds: 0, messages: 0, perSecond: 0, failed: 1 };
    return [{ name: workload.name, ...nothing, ...errorText(error) }];
  }
}

/** Runs by row, in the order of the rows. */
function byName(runs: readonly (readonly Result[])[]): Map<string, Result[]> {
  const rows = new Map<string, Result[]>();
  for (const result of runs.flat()) {
    rows.set(result.name, [...(rows.get(result.name) ?? []), result]);
  }
  return rows;
}
