// Retry delays (wire contract, section 11; D-17): min(1 s * 2^(n-1), 5 min) with full jitter. Integers
// only, and no power is computed beyond the cap.

import { below } from "../lib/hash.js";
import type { Level } from "../machine/levels/level.js";

/** The largest delay after `attempts` deliveries (at least 1). */
export function backoffCeilingMs(attempts: number, level: Level): number {
  let ceilingMs = level.backoffBaseMs;
  for (let n = 1; n < attempts && ceilingMs < level.backoffMaxMs; n += 1) ceilingMs *= 2;
  return Math.min(ceilingMs, level.backoffMaxMs);
}

/** Full jitter: uniform in [0, ceiling), from a hash of the entry's seed and the message's place. */
export function backoffMs(attempts: number, jitter: number, level: Level): number {
  return below(jitter, backoffCeilingMs(attempts, level));
}
