// What the leader knows of one follower (etcd's vocabulary). Invariants:
//   P1 match only grows inside a term (raft-C5); it counts durable entries of the follower;
//   P2 match < next;
//   P3 in probe at most one append is in flight, in replicate at most `inflightAppendsMax`.

import { assert } from "../lib/assert.js";

export class Progress {
  readonly peer: number;
  match = 0;
  next: number;
  isProbing = true;
  /** Last indices of appends in flight, oldest first. */
  inflight: number[] = [];
  /** A probe is out and unanswered. */
  isProbeSent = false;
  /** Waits for log blocks from disk. */
  isFetching = false;
  /** Ticks since the follower was last heard from in this term. */
  silentTicks = 0;
  /** Ticks without an acknowledgement while appends are in flight. */
  stalledTicks = 0;
  /** Highest beat round the follower vouched for. */
  ackedRound = 0;
  /** It said in this leadership, and last, that its disk is healthy. */
  isDiskHealthy = false;
  /** Its wall clock when last heard, 0 unknown. */
  wallMs = 0;

  constructor(peer: number, next: number) {
    this.peer = peer;
    this.next = next;
  }

  acknowledged(index: number): boolean {
    this.stalledTicks = 0;
    this.isProbeSent = false;
    while (this.inflight.length > 0 && this.inflight[0] <= index) this.inflight.shift();
    if (this.isProbing) {
      this.isProbing = false;
      this.inflight = [];
      this.next = Math.max(index, this.match) + 1;
    }
    if (index <= this.match) return false;
    this.match = index;
    if (this.next <= index) this.next = index + 1;
    assert(this.match < this.next, `P2: match ${this.match} must be below next ${this.next}`);
    return true;
  }

  /** Starts again from `next` with one append at a time. */
  probe(next: number): void {
    this.isProbing = true;
    this.isProbeSent = false;
    this.inflight = [];
    this.stalledTicks = 0;
    this.next = Math.max(next, this.match + 1);
  }
}

/** Leadership is being handed to this follower, since so many ticks (handover.ts). */
export interface Handover {
  ticks: number;
  readonly target: Progress;
}
