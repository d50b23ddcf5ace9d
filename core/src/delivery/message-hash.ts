// The messages' part of the state hash (machine/state-hash.ts).

import { MessageState } from "../contract/message-state.js";
import type { Slot } from "../lib/brands.js";
import { fold, foldWide, mix } from "../lib/hash.js";
import type { HasLevel } from "../machine/levels/level.js";
import type { StateHash } from "../machine/state-hash.js";
import type { MessageStore } from "./message-store.js";

/** A hash of everything the contract can show of a message. */
export function messageHash(m: MessageStore, slot: Slot, seed: number): number {
  let h = foldWide(mix(seed), m.index[slot]);
  h = fold(h, m.offset[slot]);
  h = fold(h, m.priorityHi[slot]);
  h = fold(h, m.priorityLo[slot]);
  h = foldWide(h, m.enqueuedMs[slot]);
  h = fold(h, m.state[slot]);
  h = fold(h, m.attempts[slot]);
  h = fold(h, m.fence[slot]);
  h = fold(h, m.maxRetries[slot]);
  h = fold(h, m.leaseEnd[slot]);
  h = foldWide(h, m.timeMs[slot]);
  if (m.state[slot] !== MessageState.leased) return h;
  h = foldWide(h, m.grantedMs[slot]);
  h = fold(h, m.edge[slot]);
  h = fold(h, m.edgeIncarnation[slot]);
  h = foldWide(h, m.stream[slot]);
  h = foldWide(h, m.grantIndex[slot]);
  return foldWide(h, m.round[slot]);
}

/**
 * The messages' part of the sum. What was added for a message is kept, so that taking it off again
 * computes nothing; it must be taken off before the message changes.
 */
export class MessageHashes {
  private readonly messages: MessageStore;
  private readonly inForce: HasLevel;
  private readonly sum: StateHash;
  private a = new Int32Array(16);
  private b = new Int32Array(16);

  constructor(messages: MessageStore, inForce: HasLevel, sum: StateHash) {
    this.messages = messages;
    this.inForce = inForce;
    this.sum = sum;
  }

  add(slot: Slot): void {
    if (slot >= this.a.length) this.grow(slot);
    const [a, b] = this.inForce.level.hash.message;
    this.a[slot] = messageHash(this.messages, slot, a);
    this.b[slot] = messageHash(this.messages, slot, b);
    this.sum.add(this.a[slot], this.b[slot]);
  }

  remove(slot: Slot): void {
    this.sum.remove(this.a[slot], this.b[slot]);
  }

  private grow(slot: Slot): void {
    const [a, b] = [this.a, this.b];
    const length = Math.max(slot + 1, 2 * a.length);
    this.a = new Int32Array(length);
    this.a.set(a);
    this.b = new Int32Array(length);
    this.b.set(b);
  }
}
