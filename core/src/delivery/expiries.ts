// Who held the expired leases whose messages were granted again: a message tells of its newest lease, a tombstone
// that an older one expired, and this of whom a leader asks whether it was ever handed over (D-91). As many and
// for as long as there may be tombstones. Follows from the entries alone and decides nothing at apply, so it
// is in no hash.
//   EXP1 `end - first` leases are remembered, no more than there may be tombstones, and only those are shown.

import { broken } from "../lib/assert.js";
import type { StreamName } from "../lib/stream-name.js";
import type { HasLevel } from "../machine/levels/level.js";
import type { GrantedLease } from "../wire/messages.js";

/** The lease, and whose it was. */
export interface Expiry extends GrantedLease, StreamName {
  readonly stream: number;
}

/** Numbers of one lease: those of an Expiry, and when its message was granted again. */
const FIELDS = 9;

export class Expiries {
  private readonly inForce: HasLevel;
  /** A ring of leases, oldest first. */
  private ring = new Float64Array(16 * FIELDS);
  /** Leases are numbered in their order, so that a walk in slices finds its place again. */
  first = 0;
  end = 0;

  constructor(inForce: HasLevel) {
    this.inForce = inForce;
  }

  add(expiry: Expiry, nowMs: number): void {
    if (this.end - this.first === this.inForce.level.tombstonesMax) this.first += 1;
    if (this.end - this.first === this.capacity) this.grow();
    const { index, offset, fence, edge, edgeIncarnation, stream, round, grantIndex } = expiry;
    const lease = [index, offset, fence, edge, edgeIncarnation, stream, round, grantIndex, nowMs];
    this.ring.set(lease, this.placeOf(this.end));
    this.end += 1;
  }

  expire(nowMs: number): void {
    const untilMs = nowMs - this.inForce.level.tombstoneMs;
    while (this.first < this.end && this.ring[this.placeOf(this.first) + 8] <= untilMs) {
      this.first += 1;
    }
  }

  /** The lease of this number, which is from `first` to below `end`. */
  at(number: number): Expiry {
    if (number < this.first || number >= this.end)
      broken(`EXP1: expiry ${number} is not remembered`);
    const place = this.placeOf(number);
    const [index, offset, fence, edge, edgeIncarnation, stream, round, grantIndex] =
      this.ring.subarray(place, place + FIELDS);
    return { index, offset, fence, edge, edgeIncarnation, stream, round, grantIndex };
  }

  private get capacity(): number {
    return this.ring.length / FIELDS;
  }

  private placeOf(number: number): number {
    return (number % this.capacity) * FIELDS;
  }

  private grow(): void {
    const old = this.ring;
    const places: number[] = [];
    for (let number = this.first; number < this.end; number += 1) places.push(this.placeOf(number));
    this.ring = new Float64Array(old.length * 2);
    places.forEach((place, i) => {
      this.ring.set(old.subarray(place, place + FIELDS), this.placeOf(this.first + i));
    });
  }
}
