// What one partition of a topic is, and the transitions between the states of its messages. How an entry
// brings them about lies beside it: partition.ts reads the entry, enqueue.ts, grant.ts and settle.ts
// decide. Invariants:
//   Q3 a message is under at most one lease; a grant takes it out of the ready heap;
//   Q4 its fence only grows;
//   Q13 its priority and its place among equals never change;
//   Q15 ready + delayed + leased + dead = messages held, and the heaps agree with the states.

import type { Fence, LogIndex, Offset, Slot } from "../lib/brands.js";
import type { Counts, Mode, TopicSettings } from "../contract/api.js";
import { emptyCounts } from "../contract/counts.js";
import { IndexedHeap } from "../heap/indexed-heap.js";
import { assert } from "../lib/assert.js";
import { compareInt64 } from "../lib/int64.js";
import type { StreamName } from "../lib/stream-name.js";
import { siphash128 } from "../lib/siphash.js";
import { writePlace } from "../lib/ulid.js";
import type { Levels } from "../machine/levels/known.js";
import type { Level } from "../machine/levels/level.js";
import { MachineState } from "../machine/machine.js";
import { DedupTable } from "./dedup.js";
import type { MachineListener } from "./events.js";
import { Expiries } from "./expiries.js";
import { LeaseEnd } from "./lease-end.js";
import { MessageHashes } from "./message-hash.js";
import { MessageStore, State } from "./message-store.js";
import { StreamTable, type StreamState } from "./streams.js";
import { Tombstones } from "./tombstones.js";

/** The entry being applied, as the step functions need it. */
export interface Moment {
  readonly index: LogIndex;
  readonly nowMs: number;
  readonly seedHi: number;
  readonly seedLo: number;
  readonly level: Level;
  /** What the grants of this entry may still take together. */
  readonly grants: { leasesLeft: number; bytesLeft: number };
}

/** Who gets a lease, by which round of its stream and which entry. */
interface LeaseHolder extends StreamName {
  readonly round: number;
  readonly grantIndex: LogIndex;
}

export class PartitionState extends MachineState {
  readonly group: number;
  readonly mode: Mode;
  readonly messages = new MessageStore();
  private readonly rows: MessageHashes;
  readonly ready: IndexedHeap;
  readonly timers: IndexedHeap;
  /** All others in the order of ready ones, for those who look: a peek reads beginnings, whatever waits (D-5). */
  readonly leased: IndexedHeap;
  readonly delayed: IndexedHeap;
  readonly dead: IndexedHeap;
  readonly streams: StreamTable;
  readonly dedup: DedupTable;
  readonly tombstones: Tombstones;
  readonly expiries: Expiries;
  readonly counts: Counts = emptyCounts();
  /** Undefined until the init entry brought them. */
  settings: TopicSettings | undefined;
  isClosed = false;
  listener: MachineListener | undefined;
  protected macKey: Uint8Array = new Uint8Array(16);

  /** `levels` are those that its init entry may name. */
  constructor(group: number, mode: Mode, levels?: Levels) {
    super(levels);
    this.group = group;
    this.mode = mode;
    const { inForce } = this;
    this.rows = new MessageHashes(this.messages, inForce, this.hash);
    this.streams = new StreamTable(inForce, this.hash);
    this.dedup = new DedupTable(inForce, this.hash);
    this.tombstones = new Tombstones(inForce, this.hash);
    this.expiries = new Expiries(inForce);
    const m = this.messages;
    // MAX swaps the comparison and never negates a priority: -MIN_INT64 does not exist (D-17).
    const isMin = mode === "MIN";
    const isBetter = (a: Slot, b: Slot): boolean => {
      const c = compareInt64(m.priorityHi[a], m.priorityLo[a], m.priorityHi[b], m.priorityLo[b]);
      if (c !== 0) return isMin ? c < 0 : c > 0;
      return this.isOlder(a, b);
    };
    this.ready = new IndexedHeap(isBetter);
    this.leased = new IndexedHeap(isBetter);
    this.delayed = new IndexedHeap(isBetter);
    this.dead = new IndexedHeap(isBetter);
    this.timers = new IndexedHeap((a, b) =>
      m.timeMs[a] !== m.timeMs[b] ? m.timeMs[a] < m.timeMs[b] : this.isOlder(a, b),
    );
  }

  /** Enqueue order = message id order = (index, offset) order inside a group (D-12). */
  isOlder(a: Slot, b: Slot): boolean {
    const m = this.messages;
    return m.index[a] !== m.index[b] ? m.index[a] < m.index[b] : m.offset[a] < m.offset[b];
  }

  /** When the next timer is due in group time; Infinity when none. */
  get nextTimerMs(): number {
    const slot = this.timers.first();
    return slot < 0 ? Infinity : this.messages.timeMs[slot];
  }

  /** The MAC that makes a lease token unforgeable: over (id, fence), under the group's key (D-15). */
  mac(index: LogIndex, offset: Offset, fence: Fence): Uint8Array {
    const message = new Uint8Array(14);
    writePlace(message, 0, this.group, index, offset);
    message[10] = fence >>> 24;
    message[11] = fence >>> 16;
    message[12] = fence >>> 8;
    message[13] = fence;
    return siphash128(this.macKey, message);
  }

  // --- transitions: each takes a message's hash off, changes it and puts the new one on ------------

  protected change(slot: Slot, mutate: () => void): void {
    this.rows.remove(slot);
    mutate();
    this.rows.add(slot);
  }

  /** Puts a new message in; its columns are filled by the caller. */
  admit(slot: Slot, notBeforeMs: number): void {
    const m = this.messages;
    m.state[slot] = notBeforeMs > this.nowMs ? State.delayed : State.ready;
    m.timeMs[slot] = notBeforeMs;
    if (m.state[slot] === State.delayed) this.delay(slot);
    else this.ready.push(slot);
    this.counts.totalMessages += 1;
    this.rows.add(slot);
  }

  /** Counts an attempt; the holder is that of the grant. */
  toLeased(slot: Slot, deadlineMs: number, holder: LeaseHolder): void {
    const m = this.messages;
    assert(m.state[slot] === State.ready, "Q3: only a ready message is granted");
    this.ready.remove(slot);
    this.dropExpired(slot);
    this.rows.remove(slot);
    m.state[slot] = State.leased;
    m.timeMs[slot] = deadlineMs;
    m.leaseEnd[slot] = LeaseEnd.none;
    m.attempts[slot] += 1;
    m.fence[slot] += 1;
    m.grantedMs[slot] = this.nowMs;
    m.edge[slot] = holder.edge;
    m.edgeIncarnation[slot] = holder.edgeIncarnation;
    m.stream[slot] = holder.stream;
    m.round[slot] = holder.round;
    m.grantIndex[slot] = holder.grantIndex;
    this.rows.add(slot);
    this.timers.push(slot);
    this.leased.push(slot);
    this.counts.inflightMessages += 1;
  }

  /** Ends a lease; the message is ready, delayed until `notBeforeMs`, or dead. */
  fromLeased(
    slot: Slot,
    outcome: "ready" | "delayed" | "dead",
    timeMs: number,
    attempts: number,
    leaseEnd: number,
  ): void {
    const m = this.messages;
    assert(m.state[slot] === State.leased, "Q3: only a lease ends");
    const stream = this.dropLease(slot);
    if (leaseEnd === LeaseEnd.expired) stream?.expired.add(slot);
    this.change(slot, () => {
      m.attempts[slot] = attempts;
      m.leaseEnd[slot] = leaseEnd;
      m.timeMs[slot] = timeMs;
      if (outcome === "ready") m.state[slot] = State.ready;
      else m.state[slot] = outcome === "delayed" ? State.delayed : State.dead;
    });
    if (outcome === "ready") this.ready.push(slot);
    else if (outcome === "delayed") this.delay(slot);
    else {
      this.dead.push(slot);
      this.counts.totalMessages -= 1;
      this.counts.dlqMessages += 1;
    }
  }

  delayedToReady(slot: Slot): void {
    const m = this.messages;
    assert(m.state[slot] === State.delayed, "Q11: only a delayed message turns ready by time");
    this.endDelay(slot);
    this.change(slot, () => {
      m.state[slot] = State.ready;
    });
    this.ready.push(slot);
  }

  private delay(slot: Slot): void {
    this.timers.push(slot);
    this.delayed.push(slot);
  }

  private endDelay(slot: Slot): void {
    this.timers.remove(slot);
    this.delayed.remove(slot);
  }

  /**
   * An expired lease of the message was never delivered: its attempt comes back. `isNewest`: it was the last
   * one, so what its expiry did is undone, too: the message is ready, at its old place.
   */
  takeBack(slot: Slot, isNewest: boolean): void {
    const m = this.messages;
    const wasDead = m.state[slot] === State.dead;
    const turnsReady = isNewest && (wasDead || m.state[slot] === State.delayed);
    if (turnsReady && !wasDead) this.endDelay(slot);
    if (isNewest) this.dropExpired(slot);
    this.change(slot, () => {
      m.attempts[slot] = Math.max(0, m.attempts[slot] - 1);
      if (isNewest) m.leaseEnd[slot] = LeaseEnd.released;
      if (!turnsReady) return;
      m.state[slot] = State.ready;
      m.timeMs[slot] = 0;
    });
    if (!turnsReady) return;
    this.ready.push(slot);
    if (!wasDead) return;
    this.dead.remove(slot);
    this.counts.totalMessages += 1;
    this.counts.dlqMessages -= 1;
  }

  moveDeadline(slot: Slot, deadlineMs: number): void {
    this.change(slot, () => {
      this.messages.timeMs[slot] = deadlineMs;
    });
    this.timers.fix(slot);
  }

  removeAcked(slot: Slot): void {
    const m = this.messages;
    this.dropLease(slot);
    this.rows.remove(slot);
    m.remove(slot);
    this.counts.totalMessages -= 1;
  }

  private dropLease(slot: Slot): StreamState | undefined {
    this.timers.remove(slot);
    this.leased.remove(slot);
    this.counts.inflightMessages -= 1;
    const stream = this.holderOf(slot);
    stream?.leases.delete(slot);
    return stream;
  }

  /** Its newest lease, if that expired, is nothing that its stream is asked about any more. */
  private dropExpired(slot: Slot): void {
    if (this.messages.leaseEnd[slot] === LeaseEnd.expired)
      this.holderOf(slot)?.expired.delete(slot);
  }

  /** The stream of the newest lease, while it is remembered. */
  private holderOf(slot: Slot): StreamState | undefined {
    const m = this.messages;
    return this.streams.at(m.edge[slot], m.edgeIncarnation[slot], m.stream[slot]);
  }
}
