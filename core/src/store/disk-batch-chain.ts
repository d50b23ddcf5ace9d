// The chain of the records of disk batches (D-36), "batches" here, as it is read at start, oldest first: numbers without a gap, each
// naming the hash of the one before. Kept of it: its two ends and the newest mention of each group.

import { MalformedInput } from "../lib/bytes.js";
import { decodeTurnRecord, turnRecordHash, type DirtyGroup } from "../wire/disk-records.js";

/** What the next batch goes on from. */
export interface ChainEnd {
  /** Numbers of the oldest and the newest record; 0 and 0: there is none. */
  readonly firstDiskBatch: number;
  readonly lastDiskBatch: number;
  readonly lastHash: readonly [number, number];
  readonly lastDirty: readonly DirtyGroup[];
}

export class DiskBatchChain {
  private firstDiskBatch = 0;
  private lastDiskBatch = 0;
  private lastHash: readonly [number, number] = [0, 0];
  private lastDirty: readonly DirtyGroup[] = [];
  /** What the newest record says of the oldest that is kept, and of the starts. */
  private oldest = 0;
  private boots = 0;
  /** By group. */
  readonly newest = new Map<number, DirtyGroup>();

  /** Throws `MalformedInput` with what is wrong. */
  take(n: number, bytes: Uint8Array): void {
    const record = decodeTurnRecord(bytes);
    if (record.n !== n) throw new MalformedInput(`turn record ${n} names ${record.n}`);
    if (this.lastDiskBatch !== 0) {
      if (record.n !== this.lastDiskBatch + 1) {
        throw new MalformedInput(
          `batches ${this.lastDiskBatch + 1} to ${record.n - 1} are missing`,
        );
      }
      const [a, b] = this.lastHash;
      if (record.previousHash !== a || record.previousHash2 !== b) {
        const stored = `the batch ${this.lastDiskBatch} that is stored`;
        throw new MalformedInput(`batch ${record.n} does not follow ${stored}`);
      }
    } else this.firstDiskBatch = n;
    for (const d of record.dirtyBefore) if (!this.newest.has(d.group)) this.newest.set(d.group, d);
    for (const d of record.dirty) this.newest.set(d.group, d);
    this.oldest = record.oldest;
    this.boots = record.boots;
    this.lastDiskBatch = n;
    this.lastHash = turnRecordHash(bytes);
    this.lastDirty = record.dirty;
  }

  /** All records were taken; `boots` is what the node record counts. */
  finish(boots: number): ChainEnd {
    const { firstDiskBatch, lastDiskBatch, lastHash, lastDirty, oldest } = this;
    if (firstDiskBatch !== oldest) {
      throw new MalformedInput(`batches ${oldest} to ${firstDiskBatch - 1} are missing`);
    }
    if (boots !== this.boots) {
      throw new MalformedInput(
        `the node record counts ${boots} starts, the newest batch ${this.boots}`,
      );
    }
    return { firstDiskBatch, lastDiskBatch, lastHash, lastDirty };
  }
}
