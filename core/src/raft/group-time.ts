// Group time (D-18): one pure function of the last stamp, the leader's elapsed monotonic time and the
// largest wall-clock value that a majority of voters have reached. It never goes back.

import { WALL_MAX_MS } from "../lib/wall-max.js";

/** So far 2,000 years of elapsed time may carry it beyond that; no entry with a larger stamp is taken in. */
export const STAMP_MAX_MS = WALL_MAX_MS + 2 ** 46;

/**
 * The next stamp in milliseconds. `majorityWallMs` is 0 while unknown. A minority of clocks, however
 * wrong, cannot move it: elapsed time carries it, and it steps forward only to what a majority read.
 */
export function nextStampMs(
  lastStampMs: number,
  elapsedMs: number,
  majorityWallMs: number,
): number {
  return Math.max(lastStampMs + Math.max(0, elapsedMs), Math.min(majorityWallMs, WALL_MAX_MS));
}
