// Ends what runs in a data folder, from outside: asks the supervisor, which asks its nodes, and kills what
// is left after that, such as a node that was frozen when its supervisor died.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  isRunning,
  type Known,
  type PidFile,
  readPidFile,
  removePidFile,
  runningOf,
} from "./pid-file.js";

/** A supervisor gives its nodes ten seconds. */
const STOP_MAX_MS = 12_000;
/** A killed process is gone at once, unless a disk holds it. */
const KILL_MAX_MS = 5_000;
const POLL_MS = 100;

export interface Downed {
  readonly dataDir: string;
  readonly stopped: number;
  /** Did not end by themselves. */
  readonly killed: number;
  /** Run still, after all. */
  readonly left: readonly number[];
}

/** Whatever runs in `dataDir` and in the folders that `npm start` makes in it: single, N-nodes, ports-P. */
export async function down(dataDir: string): Promise<Downed[]> {
  const downed: Downed[] = [];
  for (const folder of foldersOf(dataDir)) {
    const file = readPidFile(folder);
    if (file === undefined) continue;
    const running = runningOf(file);
    const end = running.length === 0 ? undefined : await endAll(folder, file, running);
    if (end !== undefined) downed.push(end);
    if (end === undefined || end.left.length === 0) removePidFile(folder);
  }
  return downed;
}

function foldersOf(dataDir: string): string[] {
  const isLaidOut = (name: string): boolean => /^(single|\d-nodes|ports-\d+)$/.test(name);
  const inside = (folder: string): string[] => {
    try {
      const names = readdirSync(folder).filter(isLaidOut);
      return names.map((name) => join(folder, name));
    } catch {
      return [];
    }
  };
  const below = inside(dataDir);
  return [dataDir, ...below, ...below.flatMap(inside)];
}

async function endAll(
  dataDir: string,
  { supervisor }: PidFile,
  running: readonly Known[],
): Promise<Downed> {
  // A node that ends on its own would be started again by a supervisor that was not asked yet.
  const asked = isRunning(supervisor) ? [supervisor] : running;
  for (const { pid } of asked) send(pid, "SIGTERM");
  const stubborn = await leftAfter(running, STOP_MAX_MS);
  for (const { pid } of stubborn) send(pid, "SIGKILL");
  const left = await leftAfter(stubborn, KILL_MAX_MS);
  return {
    dataDir,
    stopped: running.length,
    killed: stubborn.length,
    left: left.map(({ pid }) => pid),
  };
}

async function leftAfter(processes: readonly Known[], maxMs: number): Promise<Known[]> {
  let left = processes.filter(isRunning);
  for (let waitedMs = 0; left.length > 0 && waitedMs < maxMs; waitedMs += POLL_MS) {
    await sleep(POLL_MS);
    left = left.filter(isRunning);
  }
  return left;
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended meanwhile.
  }
}
