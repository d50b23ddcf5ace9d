// Rank bound (K, S): when an item is taken, fewer than K strictly better ones were waiting all the
// time in which the choice can have been made. The caller widens each pop's interval by S. Costs
// O(K log n) per pop: a tournament tree over the items in order of rank keeps the latest end of
// waiting, so the items that waited throughout are found one by one and the search stops at K.
import type { PopInterval, ReadyInterval } from "./better-waiting.js";

interface RankFault<R extends ReadyInterval, P extends PopInterval> {
  readonly pop: P;
  /** K better items that waited throughout. */
  readonly better: readonly R[];
}

/** Latest end per item, in order of rank; items that have not begun to wait have none. */
class LatestEnds {
  readonly #leaves: number;
  readonly #ends: Float64Array;

  constructor(count: number) {
    let leaves = 1;
    while (leaves < count) leaves *= 2;
    this.#leaves = leaves;
    this.#ends = new Float64Array(leaves * 2).fill(-Infinity);
  }

  set(place: number, end: number): void {
    let node = place + this.#leaves;
    this.#ends[node] = end;
    for (node >>= 1; node > 0; node >>= 1) {
      const left = this.#ends[node * 2] ?? -Infinity;
      const right = this.#ends[node * 2 + 1] ?? -Infinity;
      this.#ends[node] = left > right ? left : right;
    }
  }

  /** Places below `limit` whose end lies after `time`, at most `most` of them. */
  after(limit: number, time: number, most: number): number[] {
    const found: number[] = [];
    const visit = (node: number, first: number, size: number): void => {
      if (found.length >= most || first >= limit || (this.#ends[node] ?? -Infinity) <= time) return;
      if (size === 1) {
        found.push(first);
        return;
      }
      visit(node * 2, first, size / 2);
      visit(node * 2 + 1, first + size / 2, size / 2);
    };
    visit(1, 0, this.#leaves);
    return found;
  }
}

/** Where ranks begin among the items in order of rank. */
function rankStarts(sorted: readonly ReadyInterval[]): (rank: number) => number {
  const ranks = Float64Array.from(sorted, ({ rank }) => rank);
  return (rank) => {
    let low = 0;
    let high = ranks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ranks[middle] ?? 0) < rank) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/**
 * The first pop during all of whose interval K or more strictly better items were waiting. An item
 * waits in the open interval (from, to); a pop happened somewhere in [from, to].
 */
export function checkRankBound<R extends ReadyInterval, P extends PopInterval>(
  ready: readonly R[],
  pops: readonly P[],
  k: number,
): RankFault<R, P> | undefined {
  if (!Number.isInteger(k) || k < 1)
    throw new RangeError(`K must be a whole number from 1; got ${k}`);
  const sorted = [...ready].sort((a, b) => a.rank - b.rank);
  const places = sorted
    .map((_, place) => place)
    .sort((a, b) => {
      return (sorted[a]?.from ?? 0) - (sorted[b]?.from ?? 0);
    });
  const startOf = rankStarts(sorted);
  const ends = new LatestEnds(sorted.length);
  let next = 0;
  for (const pop of [...pops].sort((a, b) => a.from - b.from)) {
    for (let place = places[next]; place !== undefined; place = places[next]) {
      const item = sorted[place];
      if (item === undefined || item.from >= pop.from) break;
      ends.set(place, item.to);
      next += 1;
    }
    const better = ends.after(startOf(pop.rank), pop.to, k);
    if (better.length >= k) return { pop, better: better.flatMap((place) => sorted[place] ?? []) };
  }
  return undefined;
}
