// LevelDB's record format, used by its write-ahead log and its manifest: blocks of 32 KiB that hold
// records of a masked checksum, a length and a type; a large batch spans several records.

import { maskedCrc32c } from "./crc32c.js";

const BLOCK_BYTES = 32 << 10;
const HEADER_BYTES = 7;
const Type = { full: 1, first: 2, middle: 3, last: 4 } as const;

interface PhysicalRecord {
  readonly at: number;
  readonly type: number;
  readonly end: number;
}

function blockEnd(bytes: Uint8Array, at: number): number {
  return Math.min(bytes.length, (Math.floor(at / BLOCK_BYTES) + 1) * BLOCK_BYTES);
}

/** The record at `at`, if a whole and intact one lies there. */
function recordAt(bytes: Uint8Array, at: number): PhysicalRecord | undefined {
  const limit = blockEnd(bytes, at);
  if (at + HEADER_BYTES > limit) return undefined;
  const type = bytes[at + 6];
  if (type < Type.full || type > Type.last) return undefined;
  const end = at + HEADER_BYTES + bytes[at + 4] + bytes[at + 5] * 256;
  if (end > limit) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isIntact = view.getUint32(at, true) === maskedCrc32c(bytes, at + 6, end);
  return isIntact ? { at, type, end } : undefined;
}

interface LogScan {
  /** If wanted: whole records, joined from their parts, up to the first broken one. */
  readonly records: readonly Uint8Array[];
  /** Where the first broken record starts; undefined when all is intact. */
  readonly brokenAt: number | undefined;
  /** An intact record that starts a batch lies behind the broken one: so it was not a torn write. */
  readonly isFollowed: boolean;
}

/** A log of batches is as large as a write buffer: its records are copied only where they are wanted. */
export function scanLog(bytes: Uint8Array, wantsRecords = true): LogScan {
  const records: Uint8Array[] = [];
  let parts: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    // What is left of a block after its last record is too short for another and filled with zeros.
    if (blockEnd(bytes, at) - at < HEADER_BYTES && !isCutShort(bytes, at)) {
      at = blockEnd(bytes, at);
      continue;
    }
    const record = recordAt(bytes, at);
    if (record === undefined) {
      return { records, brokenAt: at, isFollowed: startsBatchAfter(bytes, at) };
    }
    const { type, end } = record;
    if (type === Type.full || type === Type.first) parts = [];
    if (wantsRecords) parts.push(bytes.subarray(at + HEADER_BYTES, end));
    const isWhole = type === Type.full || type === Type.last;
    if (wantsRecords && isWhole) records.push(joined(parts));
    at = end;
  }
  return { records, brokenAt: undefined, isFollowed: false };
}

/** The file ends inside a header: a write that was cut off, not the filling of a block. */
function isCutShort(bytes: Uint8Array, at: number): boolean {
  return blockEnd(bytes, at) === bytes.length && bytes.length % BLOCK_BYTES !== 0;
}

/** Looks at every byte: the broken record's length cannot be trusted to lead to the next one. */
function startsBatchAfter(bytes: Uint8Array, brokenAt: number): boolean {
  for (let at = brokenAt + 1; at < bytes.length; at += 1) {
    const type = bytes[at + 6];
    const isStart = type === Type.full || type === Type.first;
    if (isStart && recordAt(bytes, at) !== undefined) return true;
  }
  return false;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  return parts.length === 1 ? only : Buffer.concat(parts);
}
