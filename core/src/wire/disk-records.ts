// Keys and values on disk (D-28, D-36, D-77). Binary keys, big endian, so that key order is log order:
//   1                      node record: boot count
//   2 n(6)                 node/turn record of batch n: the chain
//   3 group(4)             hard state
//   4 group(4) first(6)    log block
// Every value begins with its version, and every one that is not a block ends with a crc of itself, on all
// versions: so a whole record of another version is told from a damaged one.

import type { LogIndex, Member, Term } from "../lib/brands.js";
import { crc32 } from "../lib/crc32.js";
import { hashBytes } from "../lib/hash.js";
import { MalformedInput, Reader, UnknownVersion, Writer } from "../lib/bytes.js";

/** From `end` on keys are the adapter's; what lies below it and is not listed is of another version. */
export const Tag = { node: 1, turn: 2, hardState: 3, block: 4, end: 0xff } as const;

/** Of every record here; blocks have their own (wire/blocks.ts). */
const VERSION = 1;

const TWO32 = 4294967296;

export function tagKey(tag: number): Uint8Array {
  return Uint8Array.of(tag);
}

function bigEndian(out: Uint8Array, at: number, bytes: number, value: number): void {
  let rest = value;
  for (let i = bytes - 1; i >= 0; i -= 1) {
    out[at + i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
}

function readBigEndian(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = 0; i < count; i += 1) value = value * 256 + bytes[at + i];
  return value;
}

export function turnKey(n: number): Uint8Array {
  const key = new Uint8Array(7);
  key[0] = Tag.turn;
  bigEndian(key, 1, 6, n);
  return key;
}

export function hardStateKey(group: number): Uint8Array {
  const key = new Uint8Array(5);
  key[0] = Tag.hardState;
  bigEndian(key, 1, 4, group);
  return key;
}

export function blockKey(group: number, first: LogIndex): Uint8Array {
  const key = new Uint8Array(11);
  key[0] = Tag.block;
  bigEndian(key, 1, 4, group);
  bigEndian(key, 5, 6, first);
  return key;
}

/** The number in a turn key, the group in a hard-state key. */
export function keyNumber(key: Uint8Array): number {
  return readBigEndian(key, 1, key.length - 1);
}

/** Term, vote and the log's end: one record, written with what it speaks of (D-28). */
export interface HardState {
  readonly term: Term;
  /** Member number, 0 for none. */
  readonly vote: Member;
  /** Index and term of the last entry of the log: an older block in its place is noticed. */
  readonly lastIndex: LogIndex;
  readonly lastTerm: Term;
}

function sealed(w: Writer): Uint8Array {
  w.u32(crc32(w.peek(), 0, w.length));
  return w.finish();
}

function opened(bytes: Uint8Array, what: string): Reader {
  const end = bytes.length - 4;
  if (end < 0) throw new MalformedInput(`${what} is cut short`);
  const crc = new Reader(bytes, end).u32();
  if (crc !== crc32(bytes, 0, end)) throw new MalformedInput(`${what} has a wrong checksum`);
  const r = new Reader(bytes, 0, end);
  const version = r.u8();
  if (version !== VERSION) throw new UnknownVersion(`version ${version} of a ${what} is unknown`);
  return r;
}

export function encodeHardState(state: HardState): Uint8Array {
  return sealed(
    new Writer(24)
      .u8(VERSION)
      .u32(state.term)
      .u16(state.vote)
      .u48(state.lastIndex)
      .u32(state.lastTerm),
  );
}

export function decodeHardState(bytes: Uint8Array): HardState {
  const r = opened(bytes, "hard state");
  const state = { term: r.u32(), vote: r.u16(), lastIndex: r.u48(), lastTerm: r.u32() };
  r.expectEnd();
  return state;
}

export function encodeNodeRecord(boots: number): Uint8Array {
  return sealed(new Writer(12).u8(VERSION).u32(boots));
}

export function decodeNodeRecord(bytes: Uint8Array): number {
  const r = opened(bytes, "node record");
  const boots = r.u32();
  r.expectEnd();
  return boots;
}

/** A group that a batch touched: where its log ends and the hash of its hard-state record after it. */
export interface DirtyGroup {
  readonly group: number;
  readonly lastIndex: LogIndex;
  readonly hardStateHash: number;
}

/**
 * The chain record of batch n: the hash of batch n-1's record, the hash of this batch's other operations
 * (of a log block its header, whose checksum speaks for the rest) and the groups that n-1 and n touched, so
 * that a lost batch is seen and named.
 */
interface TurnRecord {
  readonly n: number;
  /** Starts of the node so far: an older node record is noticed by it. */
  readonly boots: number;
  /** The lowest n whose record is still kept after this batch. */
  readonly oldest: number;
  readonly previousHash: number;
  readonly previousHash2: number;
  readonly operationsHash: number;
  readonly dirty: readonly DirtyGroup[];
  readonly dirtyBefore: readonly DirtyGroup[];
}

function writeDirty(w: Writer, dirty: readonly DirtyGroup[]): void {
  w.u32(dirty.length);
  for (const d of dirty) w.u32(d.group).u48(d.lastIndex).u32(d.hardStateHash);
}

function readDirty(r: Reader): DirtyGroup[] {
  const count = r.u32();
  const dirty: DirtyGroup[] = [];
  for (let i = 0; i < count; i += 1) {
    dirty.push({ group: r.u32(), lastIndex: r.u48(), hardStateHash: r.u32() });
  }
  return dirty;
}

export function encodeTurnRecord(record: TurnRecord): Uint8Array {
  const w = new Writer(64 + record.dirty.length * 28);
  w.u8(VERSION)
    .u48(record.n)
    .u32(record.boots)
    .u48(record.oldest)
    .u32(record.previousHash)
    .u32(record.previousHash2);
  w.u32(record.operationsHash);
  writeDirty(w, record.dirty);
  writeDirty(w, record.dirtyBefore);
  return sealed(w);
}

export function decodeTurnRecord(bytes: Uint8Array): TurnRecord {
  const r = opened(bytes, "turn record");
  const record = {
    n: r.u48(),
    boots: r.u32(),
    oldest: r.u48(),
    previousHash: r.u32(),
    previousHash2: r.u32(),
    operationsHash: r.u32(),
    dirty: readDirty(r),
    dirtyBefore: readDirty(r),
  };
  r.expectEnd();
  return record;
}

/** 64 bits over a turn record's bytes, as two u32: what the next record of the chain names. */
export function turnRecordHash(bytes: Uint8Array): readonly [number, number] {
  return [hashBytes(0x1b873593, bytes), hashBytes(0x6a09e667, bytes)];
}

/** Group and first index of a block key. */
export function blockKeyParts(key: Uint8Array): {
  readonly group: number;
  readonly first: LogIndex;
} {
  return { group: readBigEndian(key, 1, 4) % TWO32, first: readBigEndian(key, 5, 6) };
}
