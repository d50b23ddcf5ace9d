// The state hash (D-63): a wrapping sum of one hash per message and table row, in two u32. O(1) per
// change: take the old hash of a thing off before it changes, put the new one on afterwards. Slots,
// heap layout and free lists are not in it.

import { fold53, mix32 } from "../lib/hash.js";

export class StateHash {
  hi = 0;
  lo = 0;

  add(a: number, b: number): void {
    this.hi = (this.hi + a) >>> 0;
    this.lo = (this.lo + b) >>> 0;
  }

  remove(a: number, b: number): void {
    this.hi = (this.hi - a) >>> 0;
    this.lo = (this.lo - b) >>> 0;
  }
}

/** Hash of a table row given as integers. */
export function rowHash(seed: number, ...values: readonly number[]): number {
  let h = mix32(seed);
  for (const value of values) h = fold53(h, value);
  return h;
}
