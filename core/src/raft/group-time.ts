// Group time (D-18): one pure function of the last stamp, the leader's elapsed monotonic time and the
// largest wall-clock value that a majority of voters have reached. It never goes back.

/**
 * No clock moves time beyond this, the year 6429: stamps and deadlines have 48 bits everywhere, and one that
 * wrapped would go back (D-89).
 */
export const WALL_MAX_MS = 2 ** 47;

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
