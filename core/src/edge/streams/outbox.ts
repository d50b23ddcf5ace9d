// What was handed to a client's carrier and is not settled yet: neither taken by the transport nor given
// back. It belongs to the client's stream, not to one filter of it, since the carrier works in order.
//   E2 the carrier settles items in the order in which they were handed over, each one once;
//   E3 what is not settled as written counts as undelivered, whatever else happens to the stream.

import type { PartitionPlace } from "../../cluster/cluster-state.js";
import { assert } from "../../lib/assert.js";
import type { LeaseName } from "../../lib/lease-name.js";

export interface Handed extends LeaseName {
  readonly place: PartitionPlace;
  readonly handedMs: number;
  /** It may wait so long for the transport; nobody should hold a lease longer for a reader that sleeps. */
  readonly patienceMs: number;
  /** The lease is over on this node's clock (D-25). */
  readonly overMs: number;
}

export class Outbox {
  /** From a recall until the transport takes items again: nothing is asked for, nothing handed over. */
  isStalled = false;
  private items: Handed[] = [];
  private progressMs = 0;

  get isEmpty(): boolean {
    return this.items.length === 0;
  }

  hand(item: Handed): void {
    this.items.push(item);
  }

  written(count: number, nowMs: number): void {
    this.progressMs = nowMs;
    this.take(count);
  }

  /** The next `count` items, which the transport will never take. */
  take(count: number): readonly Handed[] {
    assert(count <= this.items.length, "E2: no more is settled than was handed over");
    return this.items.splice(0, count);
  }

  takeAll(): readonly Handed[] {
    return this.take(this.items.length);
  }

  /**
   * The reader is too slow: the transport took nothing for `stallMs`, or the oldest item has used up its
   * patience or its lease.
   */
  isOverdue(nowMs: number, stallMs: number): boolean {
    const oldest = this.items.at(0);
    if (!oldest || this.isStalled) return false;
    const { handedMs, patienceMs, overMs } = oldest;
    const stalledMs = nowMs - Math.max(handedMs, this.progressMs);
    return stalledMs >= stallMs || nowMs - handedMs >= patienceMs || nowMs >= overMs;
  }
}
