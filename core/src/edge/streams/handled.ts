// Which grants of one partition a stream has handled, so that a frame that comes twice is recognised, and a
// digest gives back only what never came. A grant is known by its entry and its round: an entry may hold
// grants of several rounds of a stream, when its leader had no room for entries for a while.
//   E4 at most `max` are remembered; what fell out of the memory counts as handled.
// What a digest gave back never came, so it goes back again when another digest, or the next page, names it.

import { assert } from "../../lib/assert.js";
import type { LogIndex } from "../../lib/brands.js";

/** The last `max` grants that were put in. */
class GrantMemory {
  private readonly max: number;
  /** Rounds by log index, in the order in which they were handled. Nearly always one: no list is made for it. */
  private readonly rounds = new Map<number, number | number[]>();
  private newestIndex = 0;
  private newestRound = 0;
  private forgottenIndex = 0;
  /** Remembered grants. */
  size = 0;

  constructor(max: number) {
    this.max = max;
  }

  has(index: LogIndex, round: number): boolean {
    const known = this.rounds.get(index);
    return typeof known === "object" ? known.includes(round) : known === round;
  }

  hasOrForgot(index: LogIndex, round: number): boolean {
    if (this.has(index, round)) return true;
    return index <= this.forgottenIndex;
  }

  /** A grant that stands later in the log was handled already. */
  isPast(index: LogIndex, round: number): boolean {
    if (index !== this.newestIndex) return index < this.newestIndex;
    return round < this.newestRound;
  }

  mark(index: LogIndex, round: number): void {
    if (this.has(index, round)) return;
    if (!this.isPast(index, round)) {
      this.newestIndex = index;
      this.newestRound = round;
    }
    const others = this.rounds.get(index);
    if (typeof others === "object") others.push(round);
    else this.rounds.set(index, others === undefined ? round : [others, round]);
    this.size += 1;
    if (this.size > this.max) this.forgetOldest();
    assert(this.size <= this.max, "E4: no more grants are remembered than may be");
  }

  private forgetOldest(): void {
    for (const [index, rounds] of this.rounds) {
      this.rounds.delete(index);
      this.forgottenIndex = Math.max(this.forgottenIndex, index);
      this.size -= typeof rounds === "object" ? rounds.length : 1;
      return;
    }
  }
}

export class HandledGrants {
  private readonly arrived: GrantMemory;
  /** Those that a digest named and that never came: whatever still comes of them is nothing any more. */
  private readonly refused: GrantMemory;

  constructor(max: number) {
    this.arrived = new GrantMemory(max);
    this.refused = new GrantMemory(max);
  }

  get size(): number {
    return this.arrived.size + this.refused.size;
  }

  /** Nothing is left to do for what comes of it. */
  isDone(index: LogIndex, round: number): boolean {
    return this.arrived.has(index, round) || this.refused.has(index, round);
  }

  /** It came, as far as is remembered: its items were handed to the carrier or given back. */
  wasHandled(index: LogIndex, round: number): boolean {
    return this.arrived.hasOrForgot(index, round);
  }

  /** A grant that stands later in the log was handled or given back already. */
  isPast(index: LogIndex, round: number): boolean {
    return this.arrived.isPast(index, round) || this.refused.isPast(index, round);
  }

  mark(index: LogIndex, round: number): void {
    this.arrived.mark(index, round);
  }

  /** A digest named it, and it never came: its leases go back, now and whenever they are named again. */
  refuse(index: LogIndex, round: number): void {
    this.refused.mark(index, round);
  }
}
