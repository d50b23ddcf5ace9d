// Waiting for something that must come true, with a sentence when it does not.

import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 40;

/** Looks until `look` gives something other than undefined or false. */
export async function until<T>(
  what: string,
  maxMs: number,
  look: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  const limitMs = performance.now() + maxMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (performance.now() > limitMs) {
      throw new Error(`after ${String(maxMs)} ms still waiting until ${what}`);
    }
    await sleep(POLL_MS);
  }
}

/** The result, or an error when it takes too long. */
export async function within<T>(what: string, maxMs: number, work: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const tooLate = sleep(maxMs, undefined, { signal: timer.signal }).then(
    (): never => {
      throw new Error(`${what} hangs: no end within ${String(maxMs)} ms`);
    },
    (): never => {
      throw new Error(`${what} was given up`);
    },
  );
  // Whichever loses the race must not be reported as unhandled.
  tooLate.catch(() => undefined);
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    timer.abort();
  }
}
