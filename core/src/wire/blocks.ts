// Log blocks and the entries in them (D-28). A block is encoded once, when the leader proposes; the
// same bytes go to the leader's disk, the wire, the followers' disks and to apply.
//
// Block: u8 version, u8 zero, u32 group, u48 first index, u16 count, u32 term, u32 prev term, u32 byte
// length of the entries, u48 last stamp, u16 zero, u32 crc of all before and after it; then the entries.
// Entry: u32 length of the rest, u8 kind, u48 stamp, u32 seed hi, u32 seed lo, u16 intents, intents.

import type { LogIndex, Term } from "../lib/brands.js";
import { crc32, type Crc32 } from "../lib/crc32.js";
import { fold32, mix32 } from "../lib/hash.js";
import { MalformedInput, Reader, UnknownVersion, Writer } from "../lib/bytes.js";

const BLOCK_VERSION = 1;
export const BLOCK_HEADER_BYTES = 38;
const CRC_AT = 34;

/** A leader's first entry of a term (no intents), or intents for the machine. */
export const EntryKind = { noop: 0, command: 1 } as const;

interface BlockHeader {
  readonly group: number;
  readonly first: LogIndex;
  readonly count: number;
  readonly term: Term;
  readonly prevTerm: Term;
  readonly lastStampMs: number;
}

/** A block in hand: its header and its bytes, which nobody changes. */
export interface Block extends BlockHeader {
  readonly bytes: Uint8Array;
}

/** One entry inside a block; `intentsFrom` is where its first intent starts in `bytes`. */
export interface EntryView {
  readonly index: LogIndex;
  readonly term: Term;
  readonly kind: number;
  readonly stampMs: number;
  readonly seedHi: number;
  readonly seedLo: number;
  readonly intentCount: number;
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly intentsFrom: number;
  readonly to: number;
}

export interface NewEntry {
  readonly kind: number;
  readonly stampMs: number;
  readonly seedHi: number;
  readonly seedLo: number;
  readonly intents: readonly Uint8Array[];
}

export function encodeBlock(
  group: number,
  first: LogIndex,
  term: Term,
  prevTerm: Term,
  entries: readonly NewEntry[],
  crc: Crc32 = crc32,
): Block {
  let size = BLOCK_HEADER_BYTES;
  for (const entry of entries) for (const intent of entry.intents) size += intent.length;
  const w = new Writer(size + entries.length * 21);
  const lastStampMs = entries[entries.length - 1].stampMs;
  w.u8(BLOCK_VERSION).u8(0).u32(group).u48(first).u16(entries.length);
  w.u32(term).u32(prevTerm).u32(0).u48(lastStampMs).u16(0).u32(0);
  for (const entry of entries) {
    const at = w.length;
    w.u32(0).u8(entry.kind).u48(entry.stampMs).u32(entry.seedHi).u32(entry.seedLo);
    w.u16(entry.intents.length);
    for (const intent of entry.intents) w.raw(intent);
    w.setU32(at, w.length - at - 4);
  }
  w.setU32(22, w.length - BLOCK_HEADER_BYTES);
  const bytes = w.finish();
  new DataView(bytes.buffer).setUint32(CRC_AT, blockCrc(bytes, crc), true);
  return { group, first, count: entries.length, term, prevTerm, lastStampMs, bytes };
}

/**
 * The crc of the head and that of the entries, mixed: a plain XOR of the two would let a pair of flips
 * cancel out, because CRC is linear.
 */
function blockCrc(bytes: Uint8Array, crc: Crc32): number {
  const head = crc(bytes, 0, CRC_AT);
  const entries = crc(bytes, BLOCK_HEADER_BYTES, bytes.length);
  return fold32(fold32(mix32(head), entries), bytes.length);
}

/** Reads and verifies a block; throws `MalformedInput` when anything is off. */
export function decodeBlock(bytes: Uint8Array, crc: Crc32 = crc32): Block {
  const r = new Reader(bytes);
  const version = r.u8();
  if (version !== BLOCK_VERSION) refuseVersion(bytes, version, crc);
  r.u8();
  const group = r.u32();
  const first = r.u48();
  const count = r.u16();
  const term = r.u32();
  const prevTerm = r.u32();
  const length = r.u32();
  const lastStampMs = r.u48();
  r.u16();
  const sum = r.u32();
  if (length !== bytes.length - BLOCK_HEADER_BYTES) throw new MalformedInput("block is cut short");
  if (sum !== blockCrc(bytes, crc)) throw new MalformedInput("block checksum differs");
  if (count === 0) throw new MalformedInput("block is empty");
  return { group, first, count, term, prevTerm, lastStampMs, bytes };
}

/** A block of this version whose first byte alone is wrong is damaged; anything else is of another one. */
function refuseVersion(bytes: Uint8Array, version: number, crc: Crc32): never {
  const mended = bytes.slice();
  mended[0] = BLOCK_VERSION;
  const isFlipped =
    bytes.length >= BLOCK_HEADER_BYTES && new Reader(bytes, CRC_AT).u32() === blockCrc(mended, crc);
  if (isFlipped) throw new MalformedInput("block checksum differs");
  throw new UnknownVersion(`version ${version} of a log block is unknown`);
}

/** Visits the entries of a block from index `from` to `to` (inclusive) in order. */
export function eachEntry(
  block: Block,
  from: LogIndex,
  to: LogIndex,
  visit: (entry: EntryView) => void,
): void {
  const r = new Reader(block.bytes, BLOCK_HEADER_BYTES);
  for (let index = block.first; index <= to; index += 1) {
    const length = r.u32();
    const start = r.at;
    if (index >= from) {
      visit({
        index,
        term: block.term,
        kind: r.u8(),
        stampMs: r.u48(),
        seedHi: r.u32(),
        seedLo: r.u32(),
        intentCount: r.u16(),
        bytes: block.bytes,
        from: start,
        intentsFrom: r.at,
        to: start + length,
      });
    }
    r.at = start + length;
  }
}
