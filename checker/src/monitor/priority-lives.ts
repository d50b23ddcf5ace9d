// Linearizability of priority queues without search, in O(n log n). The history is a set of lives: an
// item is put in at some moment of an interval and taken out at some moment of another. A removal is
// legal at a moment when nothing strictly better is inside.
//
// Why the greedy choice is exact. Being put in late never hurts anyone, so an item counts as inside
// only from the return of its insertion to its removal, and not at all when it is removed earlier
// than that. Being taken out early never hurts anyone worse, and worse items never matter to better
// ones. So, from the best item to the worst, each is taken out at the first moment that no better
// item occupies; if that is after its removal returned, no order exists. Items of equal rank do not
// hinder each other. A lease is a removal, and its end without an acknowledgement an insertion of a
// new life; that life cannot be removed before the life before it was.
//
// Removals of unknown outcome make it inexact: such a removal may have taken any item that nobody
// else took, or none. They are counted, not assigned: a removal is accused only when more items stood
// before it than there were unknown removals to take them. This raises no false alarm and may miss.

/** Both ends of an operation, as any times; `ret` is Infinity for one that never returned. */
export interface Window {
  readonly call: number;
  readonly ret: number;
}

export interface Life {
  /** Lower is taken first; equal ranks in any order. */
  readonly rank: number;
  readonly insert: Window;
  /** Absent: nobody was seen taking it. */
  readonly remove?: Window;
  /** Index of the life of the same item before this one; it must come earlier in the array. */
  readonly after?: number;
  /** The removal also has to happen before this (the lease was used by then). */
  readonly removedBefore?: number;
}

interface LivesProblem {
  readonly lives: readonly Life[];
  /** Removals that answered "empty". */
  readonly empties?: readonly Window[];
  /** Calls of removals of unknown outcome. */
  readonly openRemovals?: readonly number[];
}

export interface LivesFault {
  /** The life that cannot have been removed when it was, or -1 for an empty answer. */
  readonly life: number;
  /** Index of the "empty" answer, or -1. */
  readonly empty: number;
  /** Better lives that were inside for all of the time, as far as they are needed. */
  readonly blockers: readonly number[];
}

const NEVER = 0x7fffffff;

/** Times as positions: a call comes before a return of the same time, so that they overlap. */
class Positions {
  readonly #times: Float64Array;

  constructor(times: Float64Array) {
    times.sort();
    let kept = 0;
    for (let at = 0; at < times.length; at += 1) {
      const time = times[at] ?? 0;
      if (kept === 0 || times[kept - 1] !== time) {
        times[kept] = time;
        kept += 1;
      }
    }
    this.#times = times.subarray(0, kept);
  }

  get gaps(): number {
    return this.#times.length * 2 + 1;
  }

  ofCall(time: number): number {
    return this.#index(time) * 2;
  }

  ofReturn(time: number): number {
    return time === Infinity ? NEVER : this.#index(time) * 2 + 1;
  }

  #index(time: number): number {
    let low = 0;
    let high = this.#times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#times[middle] ?? 0) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function collectTimes(problem: LivesProblem): Float64Array {
  const { lives, empties = [], openRemovals = [] } = problem;
  const times: number[] = [...openRemovals];
  const add = (window: Window | undefined): void => {
    if (window === undefined) return;
    times.push(window.call);
    if (window.ret !== Infinity) times.push(window.ret);
  };
  for (const life of lives) {
    add(life.insert);
    add(life.remove);
    if (life.removedBefore !== undefined) times.push(life.removedBefore);
  }
  empties.forEach(add);
  return Float64Array.from(times);
}

/** Gaps between events that are occupied; finds the next free one almost in constant time. */
class Occupied {
  readonly #next: Int32Array;

  constructor(gaps: number) {
    this.#next = Int32Array.from({ length: gaps + 1 }, (_, gap) => gap);
  }

  free(from: number): number {
    const next = this.#next;
    let root = from;
    while (next[root] !== root) root = next[root] ?? root;
    for (let gap = from; gap !== root;) {
      const after = next[gap] ?? root;
      next[gap] = root;
      gap = after;
    }
    return root;
  }

  /** Occupies the gaps from `from` up to, not including, `to`. */
  occupy(from: number, to: number): void {
    const end = Math.min(to, this.#next.length - 1);
    for (let gap = this.free(Math.min(from, end)); gap < end; gap = this.free(gap)) {
      this.#next[gap] = gap + 1;
    }
  }
}

/** Counts of small positions, with prefix sums. */
class Counter {
  readonly #sums: Int32Array;

  constructor(size: number) {
    this.#sums = new Int32Array(size + 2);
  }

  add(position: number): void {
    for (let at = position + 1; at < this.#sums.length; at += at & -at) {
      this.#sums[at] = (this.#sums[at] ?? 0) + 1;
    }
  }

  upTo(position: number): number {
    let sum = 0;
    const from = Math.min(position + 1, this.#sums.length - 1);
    for (let at = from; at > 0; at -= at & -at) sum += this.#sums[at] ?? 0;
    return sum;
  }
}

class LivesCheck {
  readonly #problem: LivesProblem;
  readonly #positions: Positions;
  readonly #occupied: Occupied;
  /** Where each life was removed, NEVER when it stays. */
  readonly #removedAt: Int32Array;
  readonly #insertedBy: Int32Array;
  readonly #open: readonly number[];
  /** Untaken lives by the position from which they are inside. */
  readonly #untaken: Counter | undefined;

  constructor(problem: LivesProblem) {
    this.#problem = problem;
    this.#positions = new Positions(collectTimes(problem));
    this.#occupied = new Occupied(this.#positions.gaps);
    this.#removedAt = new Int32Array(problem.lives.length).fill(NEVER);
    this.#insertedBy = new Int32Array(problem.lives.length);
    const calls = (problem.openRemovals ?? []).map((call) => this.#positions.ofCall(call));
    this.#open = calls.sort((a, b) => a - b);
    this.#untaken = calls.length > 0 ? new Counter(this.#positions.gaps) : undefined;
  }

  run(): LivesFault | undefined {
    const order = this.#byRank();
    const { lives } = this.#problem;
    for (let from = 0; from < order.length;) {
      const rank = lives[order[from] ?? 0]?.rank;
      let to = from;
      while (to < order.length && lives[order[to] ?? 0]?.rank === rank) to += 1;
      const group = order.subarray(from, to);
      for (const index of group) {
        if (!this.#remove(index)) return this.#fault(index, -1);
      }
      for (const index of group) this.#settle(index);
      from = to;
    }
    return this.#checkEmpties();
  }

  /** Indexes by rank, equal ranks in array order (a life after the one before it). */
  #byRank(): Int32Array {
    const { lives } = this.#problem;
    const order = Int32Array.from(lives, (_, index) => index);
    const ranks = Float64Array.from(lives, ({ rank }) => rank);
    return order.sort((a, b) => (ranks[a] ?? 0) - (ranks[b] ?? 0) || a - b);
  }

  /** Takes the life out as early as possible; false when that is too late. */
  #remove(index: number): boolean {
    const life = this.#problem.lives[index];
    if (life === undefined) return true;
    const { insert, remove, after, removedBefore } = life;
    this.#insertedBy[index] = this.#positions.ofReturn(insert.ret);
    const before = after === undefined ? -1 : (this.#removedAt[after] ?? NEVER);
    // The life before must be over by the time this one is put in.
    if (before >= (this.#insertedBy[index] ?? NEVER)) return false;
    if (remove === undefined) return true;
    const { ofCall, last } = this.#bounds(remove, removedBefore);
    const from = Math.max(this.#positions.ofCall(insert.call), ofCall, before);
    const at = this.#firstFree(from, last);
    this.#removedAt[index] = at;
    return at <= last;
  }

  #bounds(remove: Window, removedBefore = Infinity): { ofCall: number; last: number } {
    const ret = this.#positions.ofReturn(Math.min(remove.ret, removedBefore));
    return { ofCall: this.#positions.ofCall(remove.call), last: ret - 1 };
  }

  /** The first gap from `from` that better items leave free; past `last` there is no need to look. */
  #firstFree(from: number, last: number): number {
    let gap = this.#occupied.free(Math.min(from, this.#positions.gaps));
    if (this.#untaken === undefined) return gap;
    while (gap <= last && gap < this.#positions.gaps) {
      const takers = this.#takersUpTo(gap);
      if (this.#untaken.upTo(gap) <= takers) return gap;
      // Only one more unknown removal can help, and it must have been called.
      const next = this.#open[takers];
      if (next === undefined) return NEVER;
      gap = this.#occupied.free(Math.max(next, gap));
    }
    return gap;
  }

  #takersUpTo(gap: number): number {
    let low = 0;
    let high = this.#open.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#open[middle] ?? 0) <= gap) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Lets the life stand in the way of worse ones. */
  #settle(index: number): void {
    const from = this.#insertedBy[index] ?? NEVER;
    if (from === NEVER) return;
    const to = this.#removedAt[index] ?? NEVER;
    if (to !== NEVER) this.#occupied.occupy(from, to);
    else if (this.#untaken === undefined) this.#occupied.occupy(from, this.#positions.gaps);
    else this.#untaken.add(from);
  }

  #checkEmpties(): LivesFault | undefined {
    for (const [index, window] of (this.#problem.empties ?? []).entries()) {
      const { ofCall, last } = this.#bounds(window);
      if (this.#firstFree(ofCall, last) > last) return this.#fault(-1, index);
    }
    return undefined;
  }

  /** Finds better lives that together stand in the way for all of the removal's time. */
  #fault(index: number, empty: number): LivesFault {
    const life = this.#problem.lives[index];
    const window = life?.remove ?? this.#problem.empties?.[empty];
    const rank = life?.rank ?? Infinity;
    const blockers: number[] = [];
    if (window !== undefined) {
      const { ofCall, last } = this.#bounds(window, life?.removedBefore);
      const start = life === undefined ? ofCall : this.#positions.ofCall(life.insert.call);
      for (let gap = Math.max(ofCall, start); gap <= last;) {
        const blocker = this.#blockerAt(gap, rank);
        if (blocker < 0) break;
        if (this.#open.length > 0 && this.#removedAt[blocker] === NEVER) break;
        blockers.push(blocker);
        gap = this.#removedAt[blocker] ?? NEVER;
      }
      if (this.#open.length > 0) blockers.push(...this.#untakenBy(last, rank));
    }
    return { life: index, empty, blockers };
  }

  /** With unknown removals about, one better life proves nothing: it takes all that nobody took. */
  #untakenBy(last: number, rank: number): number[] {
    const found: number[] = [];
    this.#problem.lives.forEach((life, index) => {
      if (life.rank >= rank || this.#removedAt[index] !== NEVER) return;
      if ((this.#insertedBy[index] ?? NEVER) <= last) found.push(index);
    });
    return found;
  }

  /** Of the better lives that occupy a gap, the one that does so longest. */
  #blockerAt(gap: number, rank: number): number {
    let best = -1;
    this.#problem.lives.forEach((life, index) => {
      const from = this.#insertedBy[index] ?? NEVER;
      const to = this.#removedAt[index] ?? NEVER;
      if (life.rank >= rank || from > gap || to <= gap) return;
      if (best < 0 || to > (this.#removedAt[best] ?? 0)) best = index;
    });
    return best;
  }
}

/** The first removal, from the best item to the worst, that no order explains; undefined if none. */
export function checkLives(problem: LivesProblem): LivesFault | undefined {
  return new LivesCheck(problem).run();
}
