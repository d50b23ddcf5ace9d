// Notices that whoever started us is gone, also by SIGKILL, which tells nobody: a process whose parent dies
// gets another one. What stands above, up to npm, is watched by tools/run.mjs.

const POLL_MS = 500;

/** Calls `onLost` once when this process has lost its parent. */
export function watchParent(onLost: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onLost();
  }, POLL_MS);
  timer.unref();
}
