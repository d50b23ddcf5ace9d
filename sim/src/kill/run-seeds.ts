// Drives the child process that runs seeds: reads its lines, notices when it dies or stands still.

import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { SeedLine } from "./child.js";

export interface SeedRange {
  readonly from: number;
  readonly to: number;
}

/** How a walk over seeds ended. */
export interface SeedsOutcome {
  /** Undefined: every seed passed. */
  readonly failed:
    { readonly seed: number; readonly rule: string; readonly message: string } | undefined;
  readonly seedsTried: number;
  readonly cpuMs: number;
}

/** Children that are running: ended with the parent. */
const running = new Set<ChildProcess>();

export function endChildren(): void {
  for (const child of running) child.kill("SIGKILL");
}

/**
 * Runs `script FROM TO` until a seed fails. A child that ends without an answer failed with "crash", one
 * that says nothing for `stillMs` with "hang": a run that never ends is noticed too.
 */
export function runSeeds(
  script: string,
  range: SeedRange,
  options: { readonly stillMs: number; readonly onSeed?: (seed: number) => void },
): Promise<SeedsOutcome> {
  return new Promise((resolve, reject) => {
    const args = [script, String(range.from), String(range.to)];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    running.add(child);
    let last: SeedLine | undefined;
    let isStill = false;
    let complaint = "";
    let timer = setTimeout(stop, options.stillMs);
    function stop(): void {
      isStill = true;
      child.kill("SIGKILL");
    }
    child.stderr.on("data", (chunk: Buffer) => {
      complaint = (complaint + chunk.toString("utf8")).slice(-2000);
    });
    createInterface({ input: child.stdout }).on("line", (text) => {
      last = JSON.parse(text) as SeedLine;
      options.onSeed?.(last.seed);
      clearTimeout(timer);
      timer = setTimeout(stop, options.stillMs);
    });
    child.on("error", reject);
    child.on("close", (code) => {
      running.delete(child);
      clearTimeout(timer);
      resolve(outcomeOf(range, last, code, isStill, complaint));
    });
  });
}

function outcomeOf(
  range: SeedRange,
  last: SeedLine | undefined,
  code: number | null,
  isStill: boolean,
  complaint: string,
): SeedsOutcome {
  const cpuMs = last?.cpuMs ?? 0;
  const seed = last?.seed ?? range.from - 1;
  const seedsTried = seed - range.from + 1;
  if (last && last.rule !== null) {
    return { failed: { seed, rule: last.rule, message: last.message }, seedsTried, cpuMs };
  }
  if (seed === range.to && code === 0) return { failed: undefined, seedsTried, cpuMs };
  const rule = isStill ? "hang" : "crash";
  const message = isStill ? "the run did not end" : complaint.trim();
  return { failed: { seed: seed + 1, rule, message }, seedsTried: seedsTried + 1, cpuMs };
}
