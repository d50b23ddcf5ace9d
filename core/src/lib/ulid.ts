// Message ids (D-10): a ULID whose 128 bits are 48 bits enqueue time (ms), 24 bits group, 42 bits log
// index, 14 bits offset in the entry. Derived at apply, never drawn; ids are no secrets.

import type { LogIndex, Offset } from "./brands.js";
import { characterValues } from "./alphabet.js";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TWO32 = 4294967296;
const VALUES = characterValues(ALPHABET, ALPHABET.toLowerCase());

export const INDEX_MAX = 2 ** 42 - 1;
export const OFFSETS_PER_ENTRY = 16384;

interface MessageIdParts {
  readonly stampMs: number;
  readonly group: number;
  readonly index: LogIndex;
  readonly offset: Offset;
}

/** group, index and offset as 10 bytes, big endian: the part of an id that leads to its record. */
export function writePlace(
  out: Uint8Array,
  at: number,
  group: number,
  index: LogIndex,
  offset: Offset,
): void {
  out[at] = group >>> 16;
  out[at + 1] = group >>> 8;
  out[at + 2] = group;
  // 42 bits of index and 14 of offset: 56 bits, as 24 high and 32 low.
  const indexLow = index >>> 0;
  const indexHigh = (index - indexLow) / TWO32;
  const high = (indexHigh << 14) | (indexLow >>> 18);
  const low = ((indexLow << 14) | offset) >>> 0;
  out[at + 3] = high >>> 16;
  out[at + 4] = high >>> 8;
  out[at + 5] = high;
  out[at + 6] = low >>> 24;
  out[at + 7] = low >>> 16;
  out[at + 8] = low >>> 8;
  out[at + 9] = low;
}

export function readPlace(
  bytes: Uint8Array,
  at: number,
): { readonly group: number; readonly index: LogIndex; readonly offset: Offset } {
  const group = (bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2];
  const high = (bytes[at + 3] << 16) | (bytes[at + 4] << 8) | bytes[at + 5];
  const low =
    ((bytes[at + 6] << 24) | (bytes[at + 7] << 16) | (bytes[at + 8] << 8) | bytes[at + 9]) >>> 0;
  return { group, index: high * 2 ** 18 + (low >>> 14), offset: low & 0x3fff };
}

/** The 26 characters of a message id. */
export function encodeMessageId(
  stampMs: number,
  group: number,
  index: LogIndex,
  offset: Offset,
): string {
  const bytes = new Uint8Array(16);
  const stampLow = stampMs >>> 0;
  const stampHigh = (stampMs - stampLow) / TWO32;
  bytes[0] = stampHigh >>> 8;
  bytes[1] = stampHigh;
  bytes[2] = stampLow >>> 24;
  bytes[3] = stampLow >>> 16;
  bytes[4] = stampLow >>> 8;
  bytes[5] = stampLow;
  writePlace(bytes, 6, group, index, offset);
  let text = "";
  // 130 bits in 26 characters: two leading zero bits.
  let buffer = 0;
  let bits = 2;
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(buffer >>> bits) & 31];
    }
    buffer &= (1 << bits) - 1;
  }
  return text;
}

/** The parts of a message id, or undefined when the text is no ULID of ours. */
export function decodeMessageId(text: string): MessageIdParts | undefined {
  if (text.length !== 26) return undefined;
  const bytes = new Uint8Array(16);
  let buffer = 0;
  let bits = -2;
  let at = 0;
  for (let i = 0; i < 26; i += 1) {
    const code = text.charCodeAt(i);
    const value = code < VALUES.length ? VALUES[code] : -1;
    if (value < 0 || (i === 0 && value > 7)) return undefined;
    buffer = (buffer << 5) | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (buffer >>> bits) & 255;
      buffer &= (1 << bits) - 1;
    }
  }
  const stampMs =
    (bytes[0] * 256 + bytes[1]) * TWO32 +
    bytes[2] * 16777216 +
    bytes[3] * 65536 +
    bytes[4] * 256 +
    bytes[5];
  return { stampMs, ...readPlace(bytes, 6) };
}
