// The host's counter-based draws (D-61): every value is a hash of the process seed, what it is for and
// a counter that belongs to that use, so that one draw more never shifts another.

import type { LogIndex, Term } from "../lib/brands.js";
import { Writer } from "../lib/bytes.js";
import { hash32 } from "../lib/hash.js";
import { siphash128 } from "../lib/siphash.js";

/** The 64-bit seed of an entry, as two u32. */
export function entrySeed(
  seedHi: number,
  seedLo: number,
  group: number,
  index: LogIndex,
  term: Term,
): readonly [number, number] {
  const low = index % 4294967296;
  return [hash32(seedHi, group, low, term, 1), hash32(seedLo, group, low, term, 2)];
}

/**
 * The key of a new partition's lease tokens: 128 bits that only a process which holds the seed can tell, and
 * nothing of them is in the seeds of entries (D-15).
 */
export function macKey(keySeed: readonly number[], group: number, term: Term): Uint8Array {
  const key = new Writer(16);
  for (const word of keySeed) key.u32(word);
  return siphash128(key.finish(), new Writer(8).u32(group).u32(term).finish());
}

/** Start of the walk over partitions for messages without key and triple: spread by node and count. */
export function spreadHash(seedLo: number, ordinal: number): number {
  return hash32(seedLo, 0x73707264, ordinal);
}
