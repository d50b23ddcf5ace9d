// Tombstones: how leases ended lately that their messages do not tell any more, so that a repeat with the
// same token is OK (D-35) and an expired lease that was never delivered can be taken back after its message
// was granted again (D-91). The last N per partition or 10 minutes of group time, whichever ends first.
//   TMB1 the ring and the table hold the same leases, each once: a lease ends once.

import type { Fence, LogIndex, Offset } from "../lib/brands.js";
import { broken } from "../lib/assert.js";
import { OFFSETS_PER_ENTRY } from "../lib/ulid.js";
import type { HasLevel } from "../machine/levels/level.js";
import { rowHashOf, type StateHash } from "../machine/state-hash.js";
import { EndedLeases, leaseKey } from "./ended-leases.js";

export const Ended = { acked: 1, nacked: 2, expired: 3, released: 4 } as const;

export class Tombstones {
  private readonly table = new EndedLeases();
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
  find(index: LogIndex, offset: Offset, fence: Fence): number {
    return this.table.get(index, offset, fence);
  }

  add(index: LogIndex, offset: Offset, fence: Fence, ended: number, nowMs: number): void {
    if (this.count === this.inForce.level.tombstonesMax) this.dropOldest();
    if (this.count === this.index.length) this.grow();
    const at = (this.head + this.count) % this.index.length;
    this.index[at] = index;
    this.key[at] = leaseKey(offset, fence);
    this.stampMs[at] = nowMs;
    this.count += 1;
    this.put(index, offset, fence, ended);
    if (this.table.size !== this.count)
      broken(`TMB1: fence ${fence} of ${index}.${offset} ended twice`);
  }

  /** The lease, which is remembered, counts as ended another way; it is forgotten when it would have been. */
  replace(index: LogIndex, offset: Offset, fence: Fence, ended: number): void {
    this.take(index, offset, fence);
    this.put(index, offset, fence, ended);
  }

  expire(nowMs: number): void {
    const { tombstoneMs } = this.inForce.level;
    while (this.count > 0 && this.stampMs[this.head] <= nowMs - tombstoneMs) this.dropOldest();
  }

  private dropOldest(): void {
    const key = this.key[this.head];
    const offset = key % OFFSETS_PER_ENTRY;
    this.take(this.index[this.head], offset, (key - offset) / OFFSETS_PER_ENTRY);
    this.head = (this.head + 1) % this.index.length;
    this.count -= 1;
  }

  private put(index: LogIndex, offset: Offset, fence: Fence, ended: number): void {
    this.table.set(index, offset, fence, ended);
    const key = leaseKey(offset, fence);
    const [a, b] = this.inForce.level.hash.tombstone;
    this.hash.add(rowHashOf(a, index, key, ended), rowHashOf(b, index, key, ended));
  }

  private take(index: LogIndex, offset: Offset, fence: Fence): void {
    const ended = this.table.get(index, offset, fence);
    this.table.delete(index, offset, fence);
    const key = leaseKey(offset, fence);
    const [a, b] = this.inForce.level.hash.tombstone;
    this.hash.remove(rowHashOf(a, index, key, ended), rowHashOf(b, index, key, ended));
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
