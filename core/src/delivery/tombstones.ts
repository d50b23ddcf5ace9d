// Settle tombstones: which leases were acknowledged or rejected lately, so that a repeat with the same
// token is OK (D-35). The last N per partition or 10 minutes of group time, whichever ends first.

import { PairTable } from "../lib/pair-table.js";
import { OFFSETS_PER_ENTRY } from "../lib/ulid.js";
import type { HasLevel } from "../machine/levels/level.js";
import { rowHash, type StateHash } from "../machine/state-hash.js";

export const Settled = { acked: 1, nacked: 2 } as const;

/** Fence and offset in one number below 2^46: with the index it names one lease. */
function leaseKey(offset: number, fence: number): number {
  return fence * OFFSETS_PER_ENTRY + offset;
}

export class Tombstones {
  private readonly table = new PairTable();
  private readonly hash: StateHash;
  private readonly inForce: HasLevel;
  // A ring of what is in the table, oldest first.
  private index: Float64Array;
  private key: Float64Array;
  private stampMs: Float64Array;
  private head = 0;
  private count = 0;

  constructor(inForce: HasLevel, hash: StateHash) {
    this.inForce = inForce;
    this.hash = hash;
    this.index = new Float64Array(16);
    this.key = new Float64Array(16);
    this.stampMs = new Float64Array(16);
  }

  /** How the lease ended, or -1 when it is not remembered. */
  find(index: number, offset: number, fence: number): number {
    return this.table.get(index, leaseKey(offset, fence));
  }

  add(index: number, offset: number, fence: number, settled: number, nowMs: number): void {
    if (this.count === this.inForce.level.tombstonesMax) this.dropOldest();
    if (this.count === this.index.length) this.grow();
    const at = (this.head + this.count) % this.index.length;
    const key = leaseKey(offset, fence);
    this.index[at] = index;
    this.key[at] = key;
    this.stampMs[at] = nowMs;
    this.count += 1;
    this.table.set(index, key, settled);
    const [a, b] = this.inForce.level.hash.tombstone;
    this.hash.add(rowHash(a, index, key, settled), rowHash(b, index, key, settled));
  }

  expire(nowMs: number): void {
    const { tombstoneMs } = this.inForce.level;
    while (this.count > 0 && this.stampMs[this.head] <= nowMs - tombstoneMs) this.dropOldest();
  }

  private dropOldest(): void {
    const index = this.index[this.head];
    const key = this.key[this.head];
    const settled = this.table.get(index, key);
    this.table.delete(index, key);
    const [a, b] = this.inForce.level.hash.tombstone;
    this.hash.remove(rowHash(a, index, key, settled), rowHash(b, index, key, settled));
    this.head = (this.head + 1) % this.index.length;
    this.count -= 1;
  }

  private grow(): void {
    const capacity = this.index.length * 2;
    const index = new Float64Array(capacity);
    const key = new Float64Array(capacity);
    const stampMs = new Float64Array(capacity);
    for (let i = 0; i < this.count; i += 1) {
      const at = (this.head + i) % this.index.length;
      index[i] = this.index[at];
      key[i] = this.key[at];
      stampMs[i] = this.stampMs[at];
    }
    this.index = index;
    this.key = key;
    this.stampMs = stampMs;
    this.head = 0;
  }
}
