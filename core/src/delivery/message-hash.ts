// The messages' part of the state hash (machine/state-hash.ts).

import { MessageState } from "../contract/message-state.js";
import type { Slot } from "../lib/brands.js";
import { fold32, fold53, mix32 } from "../lib/hash.js";
import type { HasLevel } from "../machine/levels/level.js";
import type { StateHash } from "../machine/state-hash.js";
import type { MessageStore } from "./message-store.js";

/** A hash of everything the contract can show of a message. */
export function messageHash(m: MessageStore, slot: Slot, seed: number): number {
  let h = fold53(mix32(seed), m.index[slot]);
  h = fold32(h, m.offset[slot]);
  h = fold32(h, m.priorityHi[slot]);
  h = fold32(h, m.priorityLo[slot]);
  h = fold53(h, m.enqueuedMs[slot]);
  h = fold32(h, m.state[slot]);
  h = fold32(h, m.attempts[slot]);
  h = fold32(h, m.fence[slot]);
  h = fold32(h, m.maxRetries[slot]);
  h = fold32(h, m.leaseEnd[slot]);
  h = fold53(h, m.timeMs[slot]);
  if (m.state[slot] !== MessageState.leased) return h;
  h = fold53(h, m.grantedMs[slot]);
  h = fold32(h, m.edge[slot]);
  h = fold32(h, m.edgeIncarnation[slot]);
  h = fold53(h, m.stream[slot]);
  h = fold53(h, m.grantIndex[slot]);
  return fold53(h, m.round[slot]);
}

/**
 * The messages' part of the sum. What was added for a message is kept, so that taking it off again
 * computes nothing; it must be taken off before the message changes.
 */
export class MessageHashes {
  private readonly messages: MessageStore;
  private readonly inForce: HasLevel;
  private readonly sum: StateHash;
  private a = new Uint32Array(16);
  private b = new Uint32Array(16);

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
    this.a = new Uint32Array(length);
    this.a.set(a);
    this.b = new Uint32Array(length);
    this.b.set(b);
  }
}
