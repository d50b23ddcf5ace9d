// Columns as they lie in a frame: little-endian numbers of one width, one after the other. Row i of a column is
// read in place; nothing is made for a row.

/** An unsigned 64-bit number, or a signed one whose `hi` is signed. */
export interface U64 {
  readonly hi: number;
  readonly lo: number;
}

export const NO_BYTES = new Uint8Array(0);

const TWO32 = 4294967296;

export function u32At(column: Uint8Array, row: number): number {
  return lowWord(column, row * 4) >>> 0;
}

/** The lower half of row `row` of a column of 64 bits, unsigned. */
export function loAt(column: Uint8Array, row: number): number {
  return lowWord(column, row * 8) >>> 0;
}

/** The upper half, unsigned; `| 0` makes it the signed one. */
export function hiAt(column: Uint8Array, row: number): number {
  return lowWord(column, row * 8 + 4) >>> 0;
}

/** Exact up to 2^53. Beyond it the nearest double, which is never below 2^53. */
export function u64At(column: Uint8Array, row: number): number {
  return hiAt(column, row) * TWO32 + loAt(column, row);
}

function lowWord(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

/** A column that is being filled. */
export class ColumnWriter {
  private bytes: Uint8Array;
  private used = 0;

  constructor(capacityBytes = 64) {
    this.bytes = new Uint8Array(capacityBytes);
  }

  /** In bytes. */
  get length(): number {
    return this.used;
  }

  u32(value: number): void {
    const at = this.reserve(4);
    writeU32(this.bytes, at, value);
  }

  /** An unsigned safe integer as 64 bits. */
  u64(value: number): void {
    this.pair(Math.floor(value / TWO32), value >>> 0);
  }

  pair(hi: number, lo: number): void {
    const at = this.reserve(8);
    writeU32(this.bytes, at, lo);
    writeU32(this.bytes, at + 4, hi);
  }

  raw(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length);
    this.bytes.set(bytes, at);
  }

  /** What was written: a view that is good until more is written. */
  view(): Uint8Array {
    return this.bytes.subarray(0, this.used);
  }

  clear(): void {
    this.used = 0;
  }

  private reserve(count: number): number {
    const at = this.used;
    this.used = at + count;
    if (this.used > this.bytes.length) {
      const grown = new Uint8Array(Math.max(this.used, this.bytes.length * 2));
      grown.set(this.bytes.subarray(0, at));
      this.bytes = grown;
    }
    return at;
  }
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}
