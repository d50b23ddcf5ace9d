// The question behind every order rule: was a better message certainly ready during all of the time
// in which this pop can have happened? Answered for all pops together in O(n log n) by a sweep over
// the starts with a Fenwick tree that keeps, per rank, the latest end.

/** A message that was certainly ready in the open interval (from, to). Lower rank = better. */
export interface ReadyInterval {
  readonly from: number;
  readonly to: number;
  readonly rank: number;
}

/** A pop that happened somewhere in [from, to]. */
export interface PopInterval {
  readonly from: number;
  readonly to: number;
  readonly rank: number;
}

/** Prefix maximum over ranks, remembering who holds the maximum. */
class LatestEnd {
  readonly #best: (ReadyInterval | undefined)[];

  constructor(ranks: number) {
    this.#best = new Array<ReadyInterval | undefined>(ranks + 1).fill(undefined);
  }

  add(interval: ReadyInterval): void {
    for (let at = interval.rank + 1; at < this.#best.length; at += at & -at) {
      const held = this.#best[at];
      if (held === undefined || held.to < interval.to) this.#best[at] = interval;
    }
  }

  /** The interval with the latest end among ranks below `rank`. */
  below(rank: number): ReadyInterval | undefined {
    let found: ReadyInterval | undefined;
    for (let at = rank; at > 0; at -= at & -at) {
      const held = this.#best[at];
      if (held !== undefined && (found === undefined || held.to > found.to)) found = held;
    }
    return found;
  }
}

/**
 * Calls `found` for every pop during which a strictly better message was ready throughout. Ranks are
 * small integers from 0 to `ranks` - 1.
 */
export function sweepBetterWaiting<R extends ReadyInterval, P extends PopInterval>(
  ready: R[],
  pops: P[],
  ranks: number,
  found: (pop: P, better: R) => void,
): void {
  ready.sort((a, b) => a.from - b.from);
  pops.sort((a, b) => a.from - b.from);
  const tree = new LatestEnd(ranks);
  let next = 0;
  for (const pop of pops) {
    for (let item = ready[next]; item !== undefined && item.from < pop.from; item = ready[next]) {
      tree.add(item);
      next += 1;
    }
    const better = tree.below(pop.rank);
    // The tree holds only intervals of type R: they come from `ready`.
    if (better !== undefined && better.to > pop.to) found(pop, better as R);
  }
}
