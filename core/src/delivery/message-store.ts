// The messages of one partition as columns (struct of arrays): one slot per message, no object per
// message. Invariant M1: a slot is in exactly one state, and only `free` slots are
// in the free list.

import type { Fence, LogIndex, Offset, Slot } from "../lib/brands.js";
import { MessageState } from "../contract/message-state.js";
import { assert } from "../lib/assert.js";
import { PairTable } from "../lib/pair-table.js";
import { PayloadStore } from "./payload-store.js";
import { ProducerRefs } from "./producer-refs.js";

/** Where a message stands, or that its slot is free. `leased` messages are in no heap but the timers'. */
export const State = { free: 0, ...MessageState } as const;

/** The fence has 32 bits and only grows: a message that was delivered so often becomes a dead letter. */
const FENCE_MAX = 2 ** 32 - 1;

export function isWorn(fence: Fence): boolean {
  return fence === FENCE_MAX;
}

export class MessageStore {
  private capacity = 16;
  private freeSlots: Slot[] = [];
  private used = 0;
  private readonly byPlace = new PairTable();

  /** Place in the group's log: the message's identity, and its age among equals (D-12). */
  index = new Float64Array(16);
  offset = new Uint16Array(16);
  enqueuedMs = new Float64Array(16);
  priorityHi = new Int32Array(16);
  priorityLo = new Uint32Array(16);
  state = new Uint8Array(16);
  /** Deliveries so far (D-13); lowered by an undelivered release. */
  attempts = new Uint32Array(16);
  /** Grants so far; never lowered. */
  fence = new Uint32Array(16);
  maxRetries = new Uint32Array(16);
  /** How the lease of `fence` ended (LeaseEnd); none while it is open. */
  leaseEnd = new Uint8Array(16);
  /** Leased: deadline. Delayed: not before. Dead: when it died. Group time, ms. */
  timeMs = new Float64Array(16);
  grantedMs = new Float64Array(16);
  edge = new Uint16Array(16);
  edgeIncarnation = new Uint32Array(16);
  stream = new Float64Array(16);
  round = new Float64Array(16);
  /** Log index of the entry that granted the lease: lets an edge tell what it has delivered. */
  grantIndex = new Float64Array(16);
  readonly payloads = new PayloadStore();
  readonly producers = new ProducerRefs();

  get size(): number {
    return this.byPlace.size;
  }

  /** One past the highest slot ever used. */
  get slotEnd(): number {
    return this.used;
  }

  add(index: LogIndex, offset: Offset): Slot {
    const slot = this.freeSlots.pop() ?? this.grown();
    assert(this.state[slot] === State.free, `M1: slot ${slot} must be free`);
    this.index[slot] = index;
    this.offset[slot] = offset;
    this.byPlace.set(index, offset, slot);
    return slot;
  }

  /** The slot of a message, or -1. */
  find(index: LogIndex, offset: Offset): Slot {
    return this.byPlace.get(index, offset);
  }

  remove(slot: Slot): void {
    this.byPlace.delete(this.index[slot], this.offset[slot]);
    this.state[slot] = State.free;
    this.payloads.delete(slot);
    this.producers.delete(slot);
    this.freeSlots.push(slot);
  }

  /** Every message, in slot order: only for scans whose result does not depend on it. */
  forEach(visit: (slot: Slot) => void): void {
    for (let slot = 0; slot < this.used; slot += 1) {
      if (this.state[slot] !== State.free) visit(slot);
    }
  }

  private grown(): Slot {
    if (this.used === this.capacity) {
      this.capacity *= 2;
      const c = this.capacity;
      this.index = copyInto(this.index, new Float64Array(c));
      this.offset = copyInto(this.offset, new Uint16Array(c));
      this.enqueuedMs = copyInto(this.enqueuedMs, new Float64Array(c));
      this.priorityHi = copyInto(this.priorityHi, new Int32Array(c));
      this.priorityLo = copyInto(this.priorityLo, new Uint32Array(c));
      this.state = copyInto(this.state, new Uint8Array(c));
      this.attempts = copyInto(this.attempts, new Uint32Array(c));
      this.fence = copyInto(this.fence, new Uint32Array(c));
      this.maxRetries = copyInto(this.maxRetries, new Uint32Array(c));
      this.leaseEnd = copyInto(this.leaseEnd, new Uint8Array(c));
      this.timeMs = copyInto(this.timeMs, new Float64Array(c));
      this.grantedMs = copyInto(this.grantedMs, new Float64Array(c));
      this.edge = copyInto(this.edge, new Uint16Array(c));
      this.edgeIncarnation = copyInto(this.edgeIncarnation, new Uint32Array(c));
      this.stream = copyInto(this.stream, new Float64Array(c));
      this.round = copyInto(this.round, new Float64Array(c));
      this.grantIndex = copyInto(this.grantIndex, new Float64Array(c));
    }
    this.used += 1;
    return this.used - 1;
  }
}

function copyInto<T extends { set(from: ArrayLike<number>): void }>(
  from: ArrayLike<number>,
  into: T,
): T {
  into.set(from);
  return into;
}
