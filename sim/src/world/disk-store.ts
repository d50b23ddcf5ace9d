// An ordered key-value map in memory, keys as lower-case hex so that text order is byte order. It is
// the content of a simulated disk; it knows nothing of batches that can be lost.

import type { DiskEntry, DiskOp } from "@disheap/io";

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += HEX[byte];
  return text;
}

export function fromHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** One operation with its key as hex; `value` undefined deletes. */
export interface StoreOp {
  readonly key: string;
  readonly value: Uint8Array | undefined;
}

/** Copies what a submitter handed in, so that nothing it does later can leak. */
export function toStoreOps(ops: readonly DiskOp[]): StoreOp[] {
  return ops.map((op) => ({
    key: toHex(op.key),
    value: op.type === "put" ? op.value.slice() : undefined,
  }));
}

export class KvStore {
  private readonly values: Map<string, Uint8Array>;
  /** All keys in order; kept up to date so that a scan costs what it returns. */
  private readonly keys: string[];

  constructor(from?: KvStore) {
    this.values = new Map(from?.values);
    this.keys = from ? [...from.keys] : [];
  }

  get(key: string): Uint8Array | undefined {
    return this.values.get(key);
  }

  apply(ops: readonly StoreOp[]): void {
    for (const { key, value } of ops) {
      const isKnown = this.values.has(key);
      if (value === undefined) {
        if (!isKnown) continue;
        this.values.delete(key);
        this.keys.splice(this.lowerBound(key), 1);
      } else {
        if (!isKnown) this.keys.splice(this.lowerBound(key), 0, key);
        this.values.set(key, value);
      }
    }
  }

  /** Entries with from <= key < to until about `bytesMax` of values, at least one; copies. */
  /** `isGone`: of a key that is not found, though it was written; it takes no room on the page. */
  scan(
    from: string,
    to: string,
    bytesMax: number,
    isGone?: (key: string) => boolean,
  ): { entries: DiskEntry[]; done: boolean } {
    const entries: DiskEntry[] = [];
    let bytes = 0;
    let i = this.lowerBound(from);
    for (; i < this.keys.length && this.keys[i] < to; i += 1) {
      if (entries.length > 0 && bytes >= bytesMax) return { entries, done: false };
      const key = this.keys[i];
      if (isGone?.(key)) continue;
      const value = this.values.get(key) ?? new Uint8Array(0);
      entries.push({ key: fromHex(key), value: value.slice() });
      bytes += value.length;
    }
    return { entries, done: true };
  }

  /** The content by hex key, in no particular order. */
  content(): ReadonlyMap<string, Uint8Array> {
    return this.values;
  }

  private lowerBound(key: string): number {
    let low = 0;
    let high = this.keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.keys[middle] < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Byte equality; two absent values are equal. */
export function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}
