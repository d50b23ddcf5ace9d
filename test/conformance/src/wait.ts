// Waiting, the way the cases do it: until something holds, with a limit that only a broken node reaches.

import { setTimeout as sleep } from "node:timers/promises";

/** No rule allows an answer to take this long. */
export const MAX_WAIT_MS = 20_000;

export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const limitMs = Date.now() + MAX_WAIT_MS;
  while (!(await holds())) {
    if (Date.now() > limitMs) throw new Error(`after ${String(MAX_WAIT_MS)} ms still not: ${what}`);
    await sleep(50);
  }
}

export { sleep };
