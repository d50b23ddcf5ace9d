// Notices that whoever started us is gone. SIGTERM to npm ends only its shell and SIGKILL tells nobody,
// so the chain from here up to npm is watched: when a process dies, its children get another parent.

import { readFileSync } from "node:fs";

const POLL_MS = 500;
const CHAIN_MAX = 8;

interface Link {
  readonly pid: number;
  readonly parent: number;
}

/** Calls `onLost` once when this process or one of its ancestors up to npm has lost its parent. */
export function watchAncestors(onLost: () => void): void {
  const chain = ancestorChain();
  const timer = setInterval(() => {
    const isIntact =
      process.ppid === chain[0]?.parent &&
      chain.slice(1).every(({ pid, parent }) => parentOf(pid) === parent);
    if (isIntact) return;
    clearInterval(timer);
    onLost();
  }, POLL_MS);
  timer.unref();
}

/** Links from this process to npm; only the first one when npm did not start us or cannot be seen. */
function ancestorChain(): Link[] {
  const own: Link = { pid: process.pid, parent: process.ppid };
  if (process.env["npm_lifecycle_event"] === undefined) return [own];
  const chain = [own];
  let pid = own.parent;
  while (chain.length < CHAIN_MAX) {
    if (nameOf(pid).startsWith("npm")) return chain;
    const parent = parentOf(pid);
    if (parent === undefined || parent <= 1) break;
    chain.push({ pid, parent });
    pid = parent;
  }
  return [own];
}

/** Fields of /proc/PID/stat: "pid (name) state ppid ..."; undefined where there is no /proc. */
function statOf(pid: number): { readonly name: string; readonly parent: number } | undefined {
  try {
    const text = readFileSync(`/proc/${String(pid)}/stat`, "utf8");
    const match = /^\d+ \((.*)\) \S (\d+) /s.exec(text);
    return match === null ? undefined : { name: match[1] ?? "", parent: Number(match[2]) };
  } catch {
    return undefined;
  }
}

function parentOf(pid: number): number | undefined {
  return statOf(pid)?.parent;
}

function nameOf(pid: number): string {
  return statOf(pid)?.name ?? "";
}
