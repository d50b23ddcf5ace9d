// What the leader knows of one follower (etcd's vocabulary). Invariants:
//   PRG1 match only grows inside a term (raft-C5); it counts durable entries of the follower;
//   PRG2 match < next;
//   PRG3 in probe at most one append is in flight, and it is empty; in replicate at most `inflightAppendsMax`.
// Appends are numbered (D-90). A run begins where the leader begins anew: after a lost link, a refusal or a
// gap. Whatever answers an append of an earlier run comes late and changes nothing but `match`.

import { assert } from "../lib/assert.js";

/** An append with entries that is on its way. */
export interface Flight {
  readonly seq: number;
  readonly first: number;
  readonly last: number;
}

export class Progress {
  readonly peer: number;
  match = 0;
  next: number;
  isProbing = true;
  /** Oldest first. */
  inflight: Flight[] = [];
  /** A probe is out and unanswered. */
  isProbeSent = false;
  /** Waits for log blocks from disk. */
  isFetching = false;
  /** Number of the next append. */
  nextSeq = 1;
  /** Number of the first append of this run. */
  runSeq = 1;
  /** Nothing of this run was sent yet. */
  isRunNew = true;
  /** Ticks since the follower was last heard from in this term. */
  silentTicks = 0;
  /** Ticks without an answer while a probe or appends are out. */
  waitingTicks = 0;
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

  /** Append `seq`, which followed `prevIndex`, was taken, and the follower holds durably up to `index`. */
  acknowledged(index: number, prevIndex: number, seq: number): boolean {
    this.waitingTicks = 0;
    while (this.inflight.length > 0 && this.inflight[0].last <= index) this.inflight.shift();
    if (this.isProbing && seq >= this.runSeq) {
      this.isProbing = false;
      this.isProbeSent = false;
      // It has the entry before, on its disk or on the way there.
      this.next = Math.max(index, prevIndex, this.match) + 1;
    }
    if (index <= this.match) return false;
    this.match = index;
    if (this.next <= index) this.next = index + 1;
    assert(this.match < this.next, `PRG2: match ${this.match} must be below next ${this.next}`);
    return true;
  }

  /** Asks from `next` on, with one empty append at a time, what the follower holds. */
  probe(next: number): void {
    this.isProbing = true;
    this.isProbeSent = false;
    this.inflight = [];
    this.next = Math.max(next, this.match + 1);
    this.beginRun();
  }

  /** The follower missed append `seq`: it and what came after it count as unsent. */
  rewind(seq: number): void {
    const at = this.inflight.findIndex((flight) => flight.seq >= seq);
    if (at >= 0) {
      this.next = Math.max(this.inflight[at].first, this.match + 1);
      this.inflight.length = at;
    }
    this.beginRun();
  }

  private beginRun(): void {
    this.runSeq = this.nextSeq;
    this.isRunNew = true;
    this.waitingTicks = 0;
  }

  /** The number of an append that leaves now, and whether a run begins with it. */
  takeSeq(): { readonly seq: number; readonly isStart: boolean } {
    const seq = this.nextSeq;
    this.nextSeq += 1;
    const isStart = this.isRunNew || this.isProbing;
    this.isRunNew = false;
    return { seq, isStart };
  }
}

/** Leadership is being handed to this follower, since so many ticks (handover.ts). */
export interface Handover {
  ticks: number;
  readonly target: Progress;
}
