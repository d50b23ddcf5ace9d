// What the leader knows of one follower (etcd's vocabulary). Invariants:
//   PRG1 match only grows inside a term (raft-C5); it counts durable entries of the follower;
//   PRG2 held < next, where held is match, or less while the follower has lost some of it (D-88), and next is not behind
//     what the log holds;
//   PRG3 in probe at most one append is in flight, and it is empty; in replicate at most `inflightAppendsMax`;
//   PRG4 what is in flight is counted in the window of the peer, which all groups share;
//   PRG5 what is in flight is numbered in order and without a gap in the log, and ends right before next;
//   PRG6 a run that is new has sent nothing, and only who probes waits for the answer to a probe.
// Appends are numbered (D-90). A run begins where the leader begins anew: after a lost link, a refusal or a
// gap. Whatever answers an append of an earlier run comes late and changes nothing but `match`.

import type { LogIndex, Member } from "../lib/brands.js";
import { broken } from "../lib/assert.js";
import { AppendWindow } from "./append-window.js";

/** An append with entries that is on its way. */
export interface Flight {
  readonly seq: number;
  readonly first: LogIndex;
  readonly last: LogIndex;
  readonly bytes: number;
}

export class Progress {
  readonly peer: Member;
  match: LogIndex = 0;
  /** Since it was found to lack what it had acknowledged: what it acknowledges from this append on counts anew. */
  private lossSeq = 0;
  private heldSinceLoss: LogIndex = 0;
  next: LogIndex;
  isProbing = true;
  /** Oldest first. */
  readonly inflight: Flight[] = [];
  private readonly window: AppendWindow;
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

  constructor(peer: Member, next: LogIndex, window = new AppendWindow(Infinity)) {
    this.peer = peer;
    this.next = next;
    this.window = window;
  }

  /** What it acknowledged and has, as far as is known: so much counts for a commit (D-88). */
  get held(): LogIndex {
    return this.lossSeq === 0 ? this.match : this.heldSinceLoss;
  }

  /** It lacks entries that it acknowledged in this term: it is asked from the start, and counts as it answers. */
  lost(next: LogIndex): void {
    this.heldSinceLoss = 0;
    this.lossSeq = this.nextSeq;
    this.probe(next);
  }

  /** Nothing is in flight, or there is room for more. */
  hasRoom(appendsMax: number): boolean {
    if (this.inflight.length === 0) return true;
    return this.inflight.length < appendsMax && !this.window.isFull;
  }

  sent(flight: Flight): void {
    this.inflight.push(flight);
    this.window.bytes += flight.bytes;
  }

  /** Flights from place `from` on, up to `to`, are over. */
  private land(from: number, to: number): void {
    for (const { bytes } of this.inflight.splice(from, to - from)) this.window.bytes -= bytes;
  }

  /** Nobody waits for what is in flight any more. */
  landAll(): void {
    this.land(0, this.inflight.length);
  }

  /** Append `seq`, which followed `prevIndex`, was taken, and the follower holds durably up to `index`. */
  acknowledged(index: LogIndex, prevIndex: LogIndex, seq: number): boolean {
    this.waitingTicks = 0;
    const flying = this.inflight.findIndex(({ last }) => last > index);
    this.land(0, flying < 0 ? this.inflight.length : flying);
    if (this.isProbing && seq >= this.runSeq) {
      this.isProbing = false;
      this.isProbeSent = false;
      // It has the entry before, on its disk or on the way there.
      this.next = Math.max(index, prevIndex, this.held) + 1;
    }
    return this.hold(index, seq);
  }

  private hold(index: LogIndex, seq: number): boolean {
    // What was said of the log before the loss says nothing of it now.
    if (index <= this.held || seq < this.lossSeq) return false;
    this.match = Math.max(this.match, index);
    this.heldSinceLoss = index;
    if (index === this.match) this.lossSeq = 0;
    if (this.next <= index) this.next = index + 1;
    const { held, next } = this;
    if (!(held < next)) broken(`PRG2: held ${held} must be below next ${next}`);
    return true;
  }

  /** Asks from `next` on, with one empty append at a time, what the follower holds. */
  probe(next: LogIndex): void {
    this.isProbing = true;
    this.isProbeSent = false;
    this.landAll();
    this.next = Math.max(next, this.held + 1);
    this.beginRun();
  }

  /** The follower missed append `seq`: it and what came after it count as unsent. */
  rewind(seq: number): void {
    const at = this.inflight.findIndex((flight) => flight.seq >= seq);
    if (at >= 0) {
      this.next = Math.max(this.inflight[at].first, this.held + 1);
      this.land(at, this.inflight.length);
    }
    this.beginRun();
  }

  /** Throws when the state is not legal for a leader whose log ends at `lastIndex`. */
  assertInvariants(lastIndex: LogIndex, appendsMax: number): void {
    const { peer, held, next, inflight } = this;
    if (!(held < next)) broken(`PRG2: held ${held} of n${peer} must be below next ${next}`);
    const isInLog = next <= lastIndex + 1;
    if (!isInLog) broken(`PRG2: next ${next} of n${peer} is beyond the log to ${lastIndex}`);
    const hasRoom = inflight.length <= (this.isProbing ? 0 : appendsMax);
    if (!hasRoom) broken(`PRG3: ${inflight.length} appends to n${peer} are in flight`);
    const bytes = this.assertFlights();
    const counted = this.window.bytes;
    const isCounted = counted >= bytes;
    if (!isCounted)
      broken(`PRG4: ${counted} bytes are counted on their way to n${peer}, not ${bytes}`);
    const isFresh = !this.isRunNew || (this.runSeq === this.nextSeq && this.runSeq > 0);
    if (!isFresh) broken(`PRG6: a new run begins at ${this.nextSeq}, not at ${this.runSeq}`);
    if (!this.isProbing && this.isProbeSent)
      broken(`PRG6: n${peer} is not probed and has a probe out`);
  }

  /** What is in flight lies in order, without a gap, up to what is next. Returns its bytes. */
  private assertFlights(): number {
    const { peer, next, inflight } = this;
    let bytes = 0;
    let seqBefore = 0;
    let end = inflight.length === 0 ? next - 1 : inflight[0].first - 1;
    for (const { seq, first, last, bytes: size } of inflight) {
      const fits = seq > seqBefore && seq < this.nextSeq && first === end + 1 && first <= last;
      if (!fits) broken(`PRG5: append ${seq} of ${first} to ${last} must follow ${seqBefore}`);
      seqBefore = seq;
      end = last;
      bytes += size;
    }
    if (end === next - 1) return bytes;
    return broken(`PRG5: next ${next} of n${peer} must follow what is in flight, to ${end}`);
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
