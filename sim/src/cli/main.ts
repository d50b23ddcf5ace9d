// `npm run sim -- --seed 7 | --seeds 1..500 | --plan FILE [--json] [--twice] [--jobs N]`: runs seeds,
// shows progress, explains failures. Exit code 1 when a seed failed or a trace differed.

import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { expandPlan } from "../plan/expand.js";
import { explain, summaryOf, Totals } from "./report.js";
import { runJobs, type Job } from "./jobs.js";
import { readPlan } from "./read-plan.js";

const USAGE = `npm run sim -- [options]
  --seed N           run one seed, explain it
  --seeds A..B       run a range of seeds (default 1..20)
  --plan FILE        run a plan from a file (JSON, as printed by --print-plan)
  --print-plan       print the plan of --seed as JSON and stop
  --twice            run each seed twice and compare the traces
  --stop-at-first    stop at the first failure
  --jobs N           threads to use (default: all cores)
  --history FILE     write the history of --seed or --plan as JSON lines
  --json             last line: one JSON object with the totals
  --traces           with --json: the trace hash of each seed too
  --help             this text
Exit codes: 0 every seed passed, 1 a seed failed or a trace differed, 2 a command line that cannot be used.`;

function fail(message: string): never {
  console.error(`${message}\n\n${USAGE}`);
  process.exit(2);
}

function seedsOf(range: string): string[] {
  const match = /^(\d+)\.\.(\d+)$/.exec(range);
  if (!match) fail(`--seeds takes a range such as 1..500, not "${range}".`);
  const [from, to] = [Number(match[1]), Number(match[2])];
  if (from > to || to - from > 10_000_000) fail(`--seeds ${range} is empty or too long.`);
  return Array.from({ length: to - from + 1 }, (_, i) => String(from + i));
}

function planJob(file: string): Job {
  const plan = readPlan(file);
  if (typeof plan === "string") fail(plan);
  return { seed: plan.seed, plan };
}

/** Makes the file before the run, which may take long and would be lost without it. */
function prepareHistory(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, "");
  } catch (error) {
    fail(
      `--history ${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        seed: { type: "string" },
        seeds: { type: "string" },
        plan: { type: "string" },
        "print-plan": { type: "boolean", default: false },
        twice: { type: "boolean", default: false },
        "stop-at-first": { type: "boolean", default: false },
        jobs: { type: "string" },
        history: { type: "string" },
        json: { type: "boolean", default: false },
        traces: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  if (options["print-plan"]) {
    if (options.seed === undefined) fail("--print-plan needs --seed.");
    console.log(JSON.stringify(expandPlan(options.seed), undefined, 1));
    return 0;
  }
  const chosen = (["seed", "seeds", "plan"] as const).filter((name) => options[name] !== undefined);
  if (chosen.length > 1) fail(`--${chosen.join(" and --")} exclude each other; give one of them.`);
  if (options.traces && !options.json) fail("--traces needs --json, whose last line has them.");
  const jobs: Job[] =
    options.plan !== undefined
      ? [planJob(options.plan)]
      : (options.seed !== undefined ? [options.seed] : seedsOf(options.seeds ?? "1..20")).map(
          (seed) => ({ seed }),
        );
  const workers = options.jobs === undefined ? availableParallelism() : Number(options.jobs);
  if (!Number.isInteger(workers) || workers < 1) fail("--jobs takes a positive number.");
  const single = jobs.length === 1;
  if (options.history !== undefined) {
    if (!single) fail("--history takes one run: name it with --seed or --plan.");
    prepareHistory(options.history);
  }
  const totals = new Totals(jobs.length, options.plan);
  const traces = new Map<string, string>();
  if (single) console.log(summaryOf(jobs[0].plan ?? expandPlan(jobs[0].seed)));
  await runJobs(jobs, {
    workers: Math.min(workers, jobs.length),
    twice: options.twice,
    stopAtFirst: options["stop-at-first"],
    history: options.history,
    onResult: (result) => {
      totals.add(result);
      if (options.traces) traces.set(result.seed, result.trace);
      if (result.failure || result.mismatch) console.log(explain(result, options.plan));
      totals.progress();
    },
  });
  totals.finish();
  console.log(totals.text());
  if (options.json) {
    const asked = options.traces ? { traces: Object.fromEntries(traces) } : {};
    console.log(JSON.stringify({ ...totals.json(), ...asked }));
  }
  return totals.isGreen ? 0 : 1;
}

process.exitCode = await main();
