// Retry delays (wire contract, section 11; D-17): min(1 s * 2^(n-1), 5 min) with full jitter. Integers
// only, and no power is computed beyond the cap.

import { below } from "../lib/hash.js";

const BASE_MS = 1000;
const MAX_MS = 300_000;

/** The largest delay after `attempts` deliveries (at least 1). */
export function backoffCeilingMs(attempts: number): number {
  if (attempts >= 10) return MAX_MS;
  return Math.min(BASE_MS * (1 << (attempts - 1)), MAX_MS);
}

/** Full jitter: uniform in [0, ceiling), from a hash of the entry's seed and the message's place. */
export function backoffMs(attempts: number, jitter: number): number {
  return below(jitter, backoffCeilingMs(attempts));
}
