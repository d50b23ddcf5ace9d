// Who runs in a data folder: the supervisor and its nodes, each with the moment it began, so that a number
// that the system gave to another process since is not taken for ours. `disheap down` reads it.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const NAME = "running.json";

/** One process, as it was when it was written down. */
export interface Known {
  readonly pid: number;
  /** When it began, in the words of the system; empty when it could not be told. */
  readonly began: string;
}

export interface PidFile {
  readonly supervisor: Known;
  readonly nodes: Readonly<Record<string, Known>>;
}

export function writePidFile(dataDir: string, nodes: ReadonlyMap<string, number>): void {
  const known = [...nodes].map(([name, pid]) => [name, know(pid)] as const);
  const file: PidFile = { supervisor: know(process.pid), nodes: Object.fromEntries(known) };
  mkdirSync(dataDir, { recursive: true });
  // A reader sees the old one or the new one, never half of it.
  const path = join(dataDir, NAME);
  writeFileSync(`${path}.new`, `${JSON.stringify(file, undefined, 2)}\n`);
  renameSync(`${path}.new`, path);
}

export function removePidFile(dataDir: string): void {
  rmSync(join(dataDir, NAME), { force: true });
}

/** Undefined when nothing was written down in this folder. */
export function readPidFile(dataDir: string): PidFile | undefined {
  try {
    return JSON.parse(readFileSync(join(dataDir, NAME), "utf8")) as PidFile;
  } catch {
    return undefined;
  }
}

/** All of them that still run, the supervisor first. */
export function runningOf(file: PidFile): Known[] {
  return [file.supervisor, ...Object.values(file.nodes)].filter(isRunning);
}

export function isRunning({ pid, began }: Known): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return began !== "" && beganOf(pid) === began;
}

function know(pid: number): Known {
  return { pid, began: beganOf(pid) };
}

/** A process that has ended and whose parent has not asked yet does not run: it has no beginning. */
function beganOf(pid: number): string {
  try {
    // Behind the name in brackets: the state, and 19 fields later the ticks since the machine began.
    const [state, ...fields] = readFileSync(`/proc/${String(pid)}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return state === "Z" ? "" : (fields[18] ?? "");
  } catch {
    return beganByPs(pid);
  }
}

/** Where there is no /proc. */
function beganByPs(pid: number): string {
  try {
    const stdio = ["ignore", "pipe", "ignore"] as const;
    const args = ["-o", "lstart=", "-p", String(pid)];
    return execFileSync("ps", args, { encoding: "utf8", stdio: [...stdio] }).trim();
  } catch {
    return "";
  }
}
