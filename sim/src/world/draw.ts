// Counter-based draws (D-61): every random value of the simulated world is a pure function of the
// seed, what it is for, where, and its ordinal there. Nothing is drawn in order from a shared stream,
// so removing one message or one fault from a plan leaves every other draw as it was. Integers and
// IEEE multiplication only: bit-exact on every platform.

import { below, fold32, fold53, mix32 } from "@disheap/core";

/** The 64 bits that a run is made from. */
export interface Seed {
  readonly hi: number;
  readonly lo: number;
}

/** A probability in parts per million: 0 never, 1,000,000 always. */
export type PerMillion = number;

/** The number of a draw's kind, from its name. Compute once and keep. */
export function kindOf(name: string): number {
  let h = mix32(name.length);
  for (let i = 0; i < name.length; i += 1) h = fold32(h, name.charCodeAt(i));
  return h;
}

/** The value (u32) of draw `ordinal` of `kind` at `site`. */
export function draw(seed: Seed, kind: number, site: number, ordinal: number): number {
  const h = fold32(fold32(mix32(seed.hi ^ 0x2545f491), seed.lo), kind);
  return fold53(fold32(h, site), ordinal);
}

/** True for `perMillion` of a million values of `h`. */
export function chance(h: number, perMillion: PerMillion): boolean {
  return below(h, 1_000_000) < perMillion;
}

/** An integer in [min, max], both included. */
export function between(h: number, min: number, max: number): number {
  return min + below(h, max - min + 1);
}

const LN2 = 0.6931471805599453;
const FRACTION_BITS = 20;

/** -log2 of (h + 1) / 2^32, by counting zeros and squaring: no library logarithm is bit-exact. */
function minusLog2(h: number): number {
  if (h >= 0xffffffff) return 0;
  const u = h + 1;
  const zeros = Math.clz32(u);
  let x = u / 2 ** (31 - zeros);
  let fraction = 0;
  let bit = 0.5;
  for (let i = 0; i < FRACTION_BITS; i += 1) {
    x *= x;
    if (x >= 2) {
      x /= 2;
      fraction += bit;
    }
    bit /= 2;
  }
  return zeros + 1 - fraction;
}

/** An exponentially distributed integer of this mean, cut at `cap`. */
export function exponential(h: number, mean: number, cap: number): number {
  if (mean <= 0) return 0;
  return Math.min(cap, Math.floor(minusLog2(h) * LN2 * mean));
}
