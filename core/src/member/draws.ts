// The host's counter-based draws (D-61): every value is a hash of the process seed, what it is for and
// a counter that belongs to that use, so that one draw more never shifts another.

import { hash32 } from "../lib/hash.js";

/** The 64-bit seed of an entry, as two u32. */
export function entrySeed(
  seedHi: number,
  seedLo: number,
  group: number,
  index: number,
  term: number,
): readonly [number, number] {
  const low = index % 4294967296;
  return [hash32(seedHi, group, low, term, 1), hash32(seedLo, group, low, term, 2)];
}

/** Start of the walk over partitions for messages without key and triple: spread by node and count. */
export function spreadHash(seedLo: number, ordinal: number): number {
  return hash32(seedLo, 0x73707264, ordinal);
}
