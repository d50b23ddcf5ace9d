// Waiting, in one place: until something comes true, and for work that must end. Each wait has a limit and
// says what it waited for; nothing here sleeps until something is probably done.

import { setTimeout as sleep } from "node:timers/promises";

/** Looks often at first and less often later, so that what is quick is seen at once. */
const POLL_MIN_MS = 5;
const POLL_MAX_MS = 50;
const POLL_GROWTH = 1.5;

type Look<T> = () => Promise<T | undefined | false> | T | undefined | false;

/** Looks until `look` gives something other than undefined or false. What it throws ends the wait. */
export async function until<T>(what: string, maxMs: number, look: Look<T>): Promise<T> {
  const seen = await seenWithin(maxMs, look);
  if (seen === undefined) throw new Error(`Not within ${maxMs} ms: ${what}`);
  return seen;
}

/** As `until`; undefined when it did not come in time. */
export async function seenWithin<T>(maxMs: number, look: Look<T>): Promise<T | undefined> {
  const limitMs = performance.now() + maxMs;
  for (let pollMs = POLL_MIN_MS; ; pollMs = Math.min(pollMs * POLL_GROWTH, POLL_MAX_MS)) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (performance.now() > limitMs) return undefined;
    await sleep(pollMs);
  }
}

/** The result, or an error when it takes too long. The work itself goes on. */
export async function within<T>(what: string, maxMs: number, work: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const tooLate = sleep(maxMs, undefined, { signal: timer.signal }).then(
    (): never => {
      throw new Error(`${what} hangs: no end within ${maxMs} ms`);
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
