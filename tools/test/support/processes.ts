// Whether a process is alive. One that has ended, and that its parent has not asked about yet, is not.

import { existsSync, readFileSync } from "node:fs";

export function isProcessAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid < 2) throw new Error(`${pid} is no process of a test`);
  try {
    process.kill(pid, 0);
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch (error) {
    // Without /proc there is a signal's word only.
    const isUnread = (error as NodeJS.ErrnoException).code === "ENOENT";
    return isUnread && !existsSync("/proc/self/stat");
  }
}
