// How a consumer gives back what it does not want (D-91): instead of settling, twice, when the lease is over
// already, or after it rejected the delivery; and all that it has not started when it leaves in order. Which
// it does is decided per delivery by a draw.

import type { GiveBackHabits } from "../plan/plan.js";
import { between, chance, kindOf } from "../world/draw.js";

const DRAW = {
  back: kindOf("consumer.back"),
  late: kindOf("consumer.backLate"),
  after: kindOf("consumer.backAfter"),
  twice: kindOf("consumer.backTwice"),
  nacked: kindOf("consumer.backNacked"),
};

interface GiveBack {
  /** From now. */
  readonly afterMs: number;
  readonly isTwice: boolean;
}

export class GiveBacks {
  private readonly habits: GiveBackHabits;
  private readonly leaseMs: number;
  private readonly draw: (kind: number, ordinal: number) => number;

  constructor(
    habits: GiveBackHabits | undefined,
    leaseMs: number,
    draw: (kind: number, ordinal: number) => number,
  ) {
    this.habits = habits ?? { share: 0, late: 0, twice: 0, nacked: 0, leaves: false };
    this.leaseMs = leaseMs;
    this.draw = draw;
  }

  /** The consumer gives back what it has not started before it goes. */
  get leavesInOrder(): boolean {
    return this.habits.leaves;
  }

  /** Instead of settling the delivery. */
  insteadOf(ordinal: number): GiveBack | undefined {
    const { share, late, twice } = this.habits;
    if (!chance(this.draw(DRAW.back, ordinal), share)) return undefined;
    const isLate = chance(this.draw(DRAW.late, ordinal), late);
    const afterMs = isLate ? this.leaseMs + between(this.draw(DRAW.after, ordinal), 0, 3_000) : 0;
    return { afterMs, isTwice: chance(this.draw(DRAW.twice, ordinal), twice) };
  }

  /** After the delivery was rejected: nothing may come of it. */
  isAfterNack(ordinal: number): boolean {
    return chance(this.draw(DRAW.nacked, ordinal), this.habits.nacked);
  }
}
