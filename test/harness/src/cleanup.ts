// What must not outlive this process: the processes it started and its temporary folders. They go when it
// ends by itself, by an error nobody caught, or by SIGINT, SIGTERM or SIGHUP. SIGKILL leaves it no time: a
// node then ends by itself, because the channel to its parent breaks, and the folders stay.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Each ends one process at once, without waiting. */
const killers = new Set<() => void>();
const folders = new Set<string>();
let isInstalled = false;

/** `kill` is called when this process ends before the function that is returned was called. */
export function killAtEnd(kill: () => void): () => void {
  install();
  killers.add(kill);
  return () => {
    killers.delete(kill);
  };
}

export interface TemporaryFolder {
  readonly path: string;
  remove(): void;
  /** It stays, also after the end: somebody is to look into it. */
  keep(): void;
}

export function temporaryFolder(prefix = "disheap-harness-"): TemporaryFolder {
  install();
  const path = mkdtempSync(join(tmpdir(), prefix));
  folders.add(path);
  const keep = (): void => {
    folders.delete(path);
  };
  const remove = (): void => {
    removeFolder(path);
    keep();
  };
  return { path, remove, keep };
}

/** A process that was just killed may still put something in while it is emptied. */
export function removeFolder(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 25 });
}

function sweep(): void {
  for (const kill of killers) kill();
  killers.clear();
  for (const path of folders) removeFolder(path);
  folders.clear();
}

/** Not before there is something to clean up: whoever only imports this keeps its signals. */
function install(): void {
  if (isInstalled) return;
  isInstalled = true;
  process.on("exit", sweep);
  for (const signal of SIGNALS) process.on(signal, endBy);
}

/** The signal then does what it does without this listener, unless somebody else listens too. */
function endBy(signal: NodeJS.Signals): void {
  sweep();
  process.off(signal, endBy);
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}
