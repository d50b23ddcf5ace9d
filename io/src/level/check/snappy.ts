// Unpacks Snappy's block format: literals, and copies of what was unpacked before.

import { BrokenFormat, VarintReader } from "./varint-reader.js";

const BYTES_MAX = 64 << 20;

export function unsnap(packed: Uint8Array): Uint8Array {
  const r = new VarintReader(packed);
  const length = r.number();
  if (length > BYTES_MAX) throw new BrokenFormat("a packed block is too large");
  const out = new Uint8Array(length);
  let at = 0;
  const need = (count: number): void => {
    if (at + count > length) throw new BrokenFormat("a packed block is longer than it says");
  };
  while (!r.isAtEnd) {
    const tag = r.byte();
    if ((tag & 3) === 0) {
      const count = literalBytes(r, tag >>> 2);
      need(count);
      const from = r.at;
      r.skip(count);
      out.set(packed.subarray(from, from + count), at);
      at += count;
      continue;
    }
    const { count, back } = copyOf(r, tag);
    need(count);
    if (back < 1 || back > at) throw new BrokenFormat("a packed block copies from nowhere");
    // Byte by byte: a copy may overlap with what it makes.
    for (let i = 0; i < count; i += 1) out[at + i] = out[at + i - back];
    at += count;
  }
  if (at !== length) throw new BrokenFormat("a packed block is shorter than it says");
  return out;
}

function littleEndian(r: VarintReader, bytes: number): number {
  let value = 0;
  for (let i = 0; i < bytes; i += 1) value += r.byte() * 2 ** (8 * i);
  return value;
}

/** Up to 60 bytes the tag itself tells how many. */
function literalBytes(r: VarintReader, told: number): number {
  return told < 60 ? told + 1 : littleEndian(r, told - 59) + 1;
}

function copyOf(r: VarintReader, tag: number): { count: number; back: number } {
  switch (tag & 3) {
    case 1:
      return { count: ((tag >>> 2) & 7) + 4, back: (tag >>> 5) * 256 + r.byte() };
    case 2:
      return { count: (tag >>> 2) + 1, back: littleEndian(r, 2) };
    default:
      return { count: (tag >>> 2) + 1, back: littleEndian(r, 4) };
  }
}
