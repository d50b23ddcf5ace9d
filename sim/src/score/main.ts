// `npm run sim:score`: how much of what could be wrong would the simulator notice? Makes small changes to core and
// to the turn with a kept library's operators, one at a time, and runs the seeds that pass them.

import { execFileSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { UsageProblem } from "../kill/arguments.js";
import { Progress } from "../kill/report.js";
import { withScratch } from "../kill/scratch.js";
import { parseScoreArguments, USAGE, type ScoreOptions } from "./arguments.js";
import { writeWhole } from "./instrument.js";
import type { Result } from "./ledger.js";
import { markdown, screen } from "./report.js";
import { ScoreRun } from "./run.js";
import { selfCheck } from "./self-check.js";
import { scoreOf, totalsOf } from "./totals.js";

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

function commitOf(): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
    const isChanged = git("status", "--porcelain", "--", "core/src", "io/src", "sim/src") !== "";
    return git("rev-parse", "--short=12", "HEAD") + (isChanged ? " with changes" : "");
  } catch {
    return "unknown";
  }
}

function lineOf({ verdict, by, seed, file, line, id, tried, cpuMs }: Result): string {
  const end = seed === null ? `${tried} seeds` : `${by} in seed ${seed}`;
  return `${verdict.padEnd(11)} ${String(id).padStart(5)} ${file}:${line}; ${end}, ${(cpuMs / 1000).toFixed(1)} s`;
}

function tell(run: ScoreRun, options: ScoreOptions): void {
  const { story } = run;
  if (story.results.length + story.open === 0) return;
  writeWhole(resolve(root, options.reports, "score.md"), markdown(story, run.ledger.all));
  console.log(screen(story));
  if (!options.json) return;
  const totals = totalsOf(story.results);
  console.log(JSON.stringify({ ...totals, score: scoreOf(totals), open: story.open }));
}

async function work(options: ScoreOptions): Promise<number> {
  const progress = new Progress();
  let doing = "";
  // Also while one seed takes long, on a machine that is busy.
  setInterval(() => {
    if (doing !== "") progress.show(doing);
  }, 1000).unref();
  return withScratch("disheap-score-", async (scratch, onEnd) => {
    const run = await ScoreRun.prepare(options, {
      root,
      scratch,
      commit: commitOf(),
      date: new Date().toISOString().slice(0, 10),
      onProgress: (text) => {
        doing = text;
        progress.show(text);
      },
      onResult: (result) => {
        progress.clear();
        console.log(lineOf(result));
      },
      onEnd: (end) =>
        onEnd(() => {
          end();
          doing = "";
          progress.clear();
          // Also after a signal: what was learned is told.
          if (!options.selfCheck) tell(run, options);
        }),
    });
    if (!options.selfCheck) {
      await run.run();
      doing = "";
      return run.story.open === 0 ? 0 : 1;
    }
    const checks = await selfCheck(run, options.seedsMax);
    progress.clear();
    const failed = checks.filter(({ problem }) => problem !== "");
    for (const { name, problem } of failed) console.log(`${name}: ${problem}`);
    console.log(`${checks.length - failed.length} passed, ${failed.length} failed`);
    return failed.length === 0 ? 0 : 1;
  });
}

/** A self-check keeps its results to itself. */
async function main(): Promise<number> {
  const options = parseScoreArguments(process.argv.slice(2));
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  if (!options.selfCheck) return work(options);
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "disheap-score-reports-"));
  try {
    return await work({ ...options, reports: folder });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageProblem)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
