// The state hash (D-63): a wrapping sum of one hash per message and table row, in two u32. O(1) per
// change: take the old hash of a thing off before it changes, put the new one on afterwards. Slots,
// heap layout and free lists are not in it.

import { foldWide, mix } from "../lib/hash.js";

export class StateHash {
  // Signed, see lib/hash.ts.
  private a = 0;
  private b = 0;

  get hi(): number {
    return this.a >>> 0;
  }

  get lo(): number {
    return this.b >>> 0;
  }

  add(a: number, b: number): void {
    this.a = (this.a + a) | 0;
    this.b = (this.b + b) | 0;
  }

  remove(a: number, b: number): void {
    this.a = (this.a - a) | 0;
    this.b = (this.b - b) | 0;
  }
}

/** Hash of a table row given as integers. */
export function rowHash(seed: number, ...values: readonly number[]): number {
  let h = mix(seed);
  for (const value of values) h = foldWide(h, value);
  return h;
}

/** The same of three values, without a list of them. */
export function rowHashOf(seed: number, a: number, b: number, c: number): number {
  return foldWide(foldWide(foldWide(mix(seed), a), b), c);
}
