// Which grants of one partition a stream has handled, so that a frame that comes twice is recognised, and a
// digest gives back only what never came. A grant is known by its entry and its round: an entry may hold
// grants of several rounds of a stream, when its leader had no room for entries for a while.
//   E4 at most `max` are remembered; what fell out of the memory counts as handled.

export class HandledGrants {
  private readonly max: number;
  /** Rounds by log index, in the order in which they were handled. Nearly always one: no list is made for it. */
  private readonly rounds = new Map<number, number | number[]>();
  private newestIndex = 0;
  private newestRound = 0;
  /** Remembered grants. */
  size = 0;

  constructor(max: number) {
    this.max = max;
  }

  has(index: number, round: number): boolean {
    const known = this.rounds.get(index);
    return typeof known === "object" ? known.includes(round) : known === round;
  }

  /** Handled, as far as is remembered. */
  wasHandled(index: number, round: number): boolean {
    if (this.has(index, round)) return true;
    if (this.size < this.max) return false;
    for (const oldest of this.rounds.keys()) return index < oldest;
    return false;
  }

  /** A grant that stands later in the log was handled already. */
  isPast(index: number, round: number): boolean {
    if (index !== this.newestIndex) return index < this.newestIndex;
    return round < this.newestRound;
  }

  mark(index: number, round: number): void {
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
  }

  private forgetOldest(): void {
    for (const [index, rounds] of this.rounds) {
      this.rounds.delete(index);
      this.size -= typeof rounds === "object" ? rounds.length : 1;
      return;
    }
  }
}
