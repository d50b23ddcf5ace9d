// Integer mixing for counter-based draws (D-61), jitter (D-9), placement and state hashes (D-63).
// Everything is u32 arithmetic through Math.imul, so it is bit-exact everywhere.
//
// Each function stands here twice: `mix32` and its like give a u32; `mix`, `fold` and `foldWide` the same 32 bits as a
// signed number. A u32 of 2^31 and more is an object on the heap wherever it is returned or kept, so what runs for
// every message computes with signed ones, and whoever sums, masks or folds them on sees no difference.

/** One round of the murmur3 finaliser: a bijection that spreads every input bit. */
export function mix(value: number): number {
  let h = value | 0;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Folds `value` (taken modulo 2^32) into the running hash `h`. */
export function fold(h: number, value: number): number {
  return mix((Math.imul(h ^ (value | 0), 0x9e3779b1) + 0x7f4a7c15) | 0);
}

/** Folds a safe integer of up to 53 bits. */
export function foldWide(h: number, value: number): number {
  return fold(fold(h, value | 0), highOf(value));
}

/** Its bits above the lowest 32. */
function highOf(value: number): number {
  return Math.floor(value / 4294967296) | 0;
}

export function mix32(value: number): number {
  return mix(value) >>> 0;
}

export function fold32(h: number, value: number): number {
  return fold(h, value) >>> 0;
}

export function fold53(h: number, value: number): number {
  return foldWide(h, value) >>> 0;
}

/** Hash of a list of u32. */
export function hash32(seed: number, ...values: readonly number[]): number {
  let h = mix32(seed ^ 0x2545f491);
  for (const value of values) h = fold32(h, value);
  return h;
}

/** Hash of bytes; two of them with different seeds make 64 bits. */
export function hashBytes(seed: number, bytes: Uint8Array, from = 0, to = bytes.length): number {
  let h = mix32(seed ^ (to - from));
  let i = from;
  for (; i + 4 <= to; i += 4) {
    const word = bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
    h = fold32(h, word);
  }
  let tail = 0;
  for (let shift = 0; i < to; i += 1, shift += 8) tail |= bytes[i] << shift;
  return fold32(h, tail);
}

/** A draw in [0, bound) from a 32-bit hash; bound at most 2^32, no modulo bias worth speaking of. */
export function below(hash: number, bound: number): number {
  return Math.floor((hash / 4294967296) * bound);
}
