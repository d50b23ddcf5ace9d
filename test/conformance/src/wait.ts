// Waiting, the way the cases do it: until something holds, with a limit that only a broken node reaches.

import { until as untilWithin } from "@disheap/harness";

/** No rule allows an answer to take this long. */
export const MAX_WAIT_MS = 20_000;

export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  await untilWithin(what, MAX_WAIT_MS, holds);
}

export { setTimeout as sleep } from "node:timers/promises";
