// Wing and Gong's search with Lowe's memory of configurations, over one partition. Depth first: of
// the operations called before the next return, one is placed; a configuration that was left behind
// once is never entered again. Four rules cut branches without changing the verdict:
//
// SEARCH1. A read-only operation is placed as soon as it is legal: any order that places it later stays
//     legal when it is moved here. (One that merely changes nothing in this state is not enough: a
//     removal of what is not there yet may be needed later.)
// SEARCH2. A never-returned operation is tried last, only if it changes the state, and not when the next
//     one placed would end in the same state without it.
// SEARCH3. Of never-returned operations with equal input, the one called first is used first.
// SEARCH4. Of completed operations with equal input and output, the one that returns first is placed
//     first.
//
// Beside them a model may look ahead: when the operation that returns next cannot be reached by any
// order of those that may come before it, the configuration is a dead end.
import type { Model, Operation } from "./model.js";
import { SeenCache } from "./seen-cache.js";
import { ILLEGAL, StateTable } from "./state-table.js";
import type { Timeline } from "./timeline.js";
import { layOut } from "./timeline.js";

type SearchStatus = "running" | "ok" | "illegal";

/** Longest orders kept when a history turns out to be illegal. */
const PARTIALS_MAX = 16;

function mix(value: number): number {
  let h = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function clearBit(words: Int32Array, bit: number): void {
  words[bit >> 5] = (words[bit >> 5] ?? 0) & ~(1 << (bit & 31));
}

function setBit(words: Int32Array, bit: number): void {
  words[bit >> 5] = (words[bit >> 5] ?? 0) | (1 << (bit & 31));
}

function hasBit(words: Int32Array, bit: number): boolean {
  return ((words[bit >> 5] ?? 0) & (1 << (bit & 31))) !== 0;
}

/** A place on the path: which operation came here and which ones can still be tried from here. */
interface Frame {
  /** Path length before the operation that led here, so that it can be taken back. */
  readonly pathBefore: number;
  readonly stateBefore: number;
  /** Candidates as pairs (operation, state after it); operation = rank, or -1 - slot. */
  readonly candidates: number[];
  cursor: number;
}

/** What a search takes over from a larger one: its states and transitions. */
interface SearchPart<S, I, O> {
  readonly table: StateTable<S, I, O>;
  /** Kind in that table per operation. */
  readonly kindOf: Int32Array;
  /** The state to start from. */
  readonly start: number;
}

export class Search<S, I, O> {
  readonly table: StateTable<S, I, O>;
  readonly #time: Timeline;
  readonly #cache: SeenCache;
  readonly #placed: Int32Array;
  readonly #pendingUsed: Int32Array;
  readonly #frames: Frame[] = [];
  /** Placed operations in order: rank, or -1 - slot. */
  readonly #path: number[] = [];
  readonly #kindByRank: Int32Array;
  readonly #kindBySlot: Int32Array;
  #hash = 0;
  #state: number;
  #best = -1;
  #deepest = 0;
  #partials: number[][] = [];
  #blockedAt = 0;
  #steps = 0;
  #status: SearchStatus = "running";

  /** `part`: a search among operations of another one, from one of its states. */
  constructor(
    model: Model<S, I, O>,
    operations: readonly Operation<I, O>[],
    part?: SearchPart<S, I, O>,
  ) {
    this.table = part?.table ?? new StateTable(model, operations);
    const kindOf = part?.kindOf ?? this.table.kindOf;
    this.#time = layOut(operations);
    const { completed, pending } = this.#time;
    this.#cache = new SeenCache(pending.length);
    this.#placed = new Int32Array((completed.length + 31) >> 5);
    this.#pendingUsed = new Int32Array((pending.length + 31) >> 5);
    this.#kindByRank = completed.map((index) => kindOf[index] ?? 0);
    this.#kindBySlot = pending.map((index) => kindOf[index] ?? 0);
    this.#state = part?.start ?? this.table.initial;
    this.#enter(0, this.#state, false);
  }

  get status(): SearchStatus {
    return this.#status;
  }

  get configurations(): number {
    return this.#cache.size;
  }

  /** Placements tried so far, and taken back. */
  get steps(): number {
    return this.#steps;
  }

  /** What it remembers, for the memory bound. */
  get bytes(): number {
    return this.table.bytes + this.#cache.bytes + this.#time.bytes;
  }

  /** Most operations placed so far in one order. */
  get deepest(): number {
    return this.#deepest;
  }

  /** The order found (when ok) or the longest orders tried, as indexes into the operations. */
  get orders(): number[][] {
    const found = this.#status === "illegal" ? this.#partials : [this.#path];
    return found.map((path) => path.map((step) => this.#indexOf(step)));
  }

  /**
   * The completed operation whose return no order got past, as an index into the operations. All
   * that was called after it returned plays no part in the verdict.
   */
  get blockedBy(): number {
    const rank = this.#time.rankOf[this.#blockedAt] ?? -1;
    return this.#time.completed[rank] ?? -1;
  }

  /** Goes on for at most `steps` placements. */
  run(steps: number): SearchStatus {
    for (let left = steps; left > 0 && this.#status === "running"; left -= 1) {
      this.#steps += 1;
      this.#advance();
    }
    return this.#status;
  }

  #indexOf(step: number): number {
    const { completed, pending } = this.#time;
    return (step >= 0 ? completed[step] : pending[-1 - step]) ?? -1;
  }

  #advance(): void {
    const frame = this.#frames.at(-1);
    if (frame === undefined) {
      this.#status = "illegal";
      return;
    }
    const step = frame.candidates[frame.cursor];
    const after = frame.candidates[frame.cursor + 1];
    if (step === undefined || after === undefined) {
      this.#keepPartial();
      this.#frames.pop();
      this.#unwind(frame.pathBefore);
      this.#state = frame.stateBefore;
      return;
    }
    frame.cursor += 2;
    const pathBefore = this.#path.length;
    const stateBefore = this.#state;
    this.#place(step);
    this.#state = after;
    this.#enter(pathBefore, stateBefore, step < 0);
  }

  /**
   * Arrives at a configuration: places what SEARCH1 allows, then opens it unless it is known. `lost`
   * tells that a never-returned operation led here.
   */
  #enter(pathBefore: number, stateBefore: number, lost: boolean): void {
    const lengthBefore = this.#path.length;
    const block = this.#placeReadOnly();
    if (block > this.#blockedAt) this.#blockedAt = block;
    if (this.#path.length > this.#deepest) this.#deepest = this.#path.length;
    if (block < 0) {
      this.#status = "ok";
      return;
    }
    if (!this.#remember()) {
      this.#unwind(pathBefore);
      this.#state = stateBefore;
      return;
    }
    // SEARCH2 applies right after a never-returned operation, when SEARCH1 has placed nothing behind it.
    const bare = lost && this.#path.length === lengthBefore;
    const candidates = this.#candidates(block, bare ? stateBefore : -1);
    this.#frames.push({ pathBefore, stateBefore, candidates, cursor: 0 });
  }

  /** SEARCH1. Returns the entry of the first return in the way, or -1 when all is placed. */
  #placeReadOnly(): number {
    const { next, isReturn, rankOf } = this.#time;
    let entry = next[0] ?? -1;
    while (entry >= 0 && isReturn[entry] === 0) {
      const rank = rankOf[entry] ?? 0;
      const following = next[entry] ?? -1;
      const kind = this.#kindByRank[rank] ?? 0;
      if (this.table.isReadOnly(kind) && this.table.next(this.#state, kind) === this.#state) {
        // The following entry can be this operation's own return, which is about to leave the list.
        const own = this.#time.returnEntry[rank] === following;
        entry = own ? (next[following] ?? -1) : following;
        this.#place(rank);
      } else {
        entry = following;
      }
    }
    return entry;
  }

  /** At a dead end: keeps the path when none was longer. Deeper dead ends come first. */
  #keepPartial(): void {
    const depth = this.#path.length;
    if (depth < this.#best) return;
    if (depth > this.#best) this.#partials = [];
    this.#best = depth;
    if (this.#partials.length < PARTIALS_MAX) this.#partials.push([...this.#path]);
  }

  #remember(): boolean {
    const { next, rankOf, reach } = this.#time;
    const first = rankOf[next[0] ?? 0] ?? 0;
    const hash = mix(this.#hash ^ Math.imul(this.#state + 1, 0x9e3779b1));
    const toWord = ((reach[first] ?? 0) + 31) >> 5;
    return this.#cache.add(
      hash,
      this.#state,
      first,
      this.#placed,
      first >> 5,
      toWord,
      this.#pendingUsed,
    );
  }

  #candidates(block: number, stateWithout: number): number[] {
    const found: number[] = [];
    const { next, isReturn, rankOf, returnEntry } = this.#time;
    const ranks: number[] = [];
    for (
      let entry = next[0] ?? -1;
      entry >= 0 && isReturn[entry] === 0;
      entry = next[entry] ?? -1
    ) {
      ranks.push(rankOf[entry] ?? 0);
    }
    ranks.sort((a, b) => (returnEntry[a] ?? 0) - (returnEntry[b] ?? 0));
    if (!this.#canPass(block, ranks)) return found;
    const kinds = new Set<number>();
    for (const rank of ranks) {
      const kind = this.#kindByRank[rank] ?? 0;
      if (kinds.has(kind)) continue;
      kinds.add(kind);
      this.#offer(found, rank, kind, stateWithout);
    }
    this.#offerPending(found, block, stateWithout);
    return found;
  }

  /**
   * Asks the model whether the operation that returns next, and every open read-only one, can still
   * be placed by what may come before it.
   */
  #canPass(block: number, ranks: readonly number[]): boolean {
    if (!this.table.looksAhead) return true;
    const blocked = this.#time.rankOf[block] ?? 0;
    return ranks.every((rank) => {
      const kind = this.#kindByRank[rank] ?? 0;
      if (rank !== blocked && !this.table.isReadOnly(kind)) return true;
      if (this.table.next(this.#state, kind) !== ILLEGAL) return true;
      return this.table.canReach(this.#state, kind, this.#mayPrecede(rank));
    });
  }

  /** Kinds of all unplaced operations that were called before this one returned. */
  #mayPrecede(rank: number): number[] {
    const { next, isReturn, rankOf, returnEntry, pendingFrom } = this.#time;
    const stop = returnEntry[rank] ?? 0;
    const kinds: number[] = [];
    for (let entry = next[0] ?? stop; entry !== stop && entry >= 0; entry = next[entry] ?? stop) {
      if (isReturn[entry] === 0) kinds.push(this.#kindByRank[rankOf[entry] ?? 0] ?? 0);
    }
    pendingFrom.forEach((after, slot) => {
      if (after <= stop && !hasBit(this.#pendingUsed, slot))
        kinds.push(this.#kindBySlot[slot] ?? 0);
    });
    return kinds;
  }

  #offerPending(found: number[], block: number, stateWithout: number): void {
    const { pending, pendingFrom } = this.#time;
    const kinds = new Set<number>();
    for (let slot = 0; slot < pending.length; slot += 1) {
      if ((pendingFrom[slot] ?? 0) > block) break;
      if (hasBit(this.#pendingUsed, slot)) continue;
      const kind = this.#kindBySlot[slot] ?? 0;
      if (kinds.has(kind)) continue;
      kinds.add(kind);
      if (this.table.next(this.#state, kind) === this.#state) continue;
      this.#offer(found, -1 - slot, kind, stateWithout);
    }
  }

  #offer(found: number[], step: number, kind: number, stateWithout: number): void {
    const after = this.table.next(this.#state, kind);
    if (after === ILLEGAL) return;
    if (after < ILLEGAL) {
      for (const one of this.table.alternatives(after)) found.push(step, one);
      return;
    }
    // SEARCH2: the never-returned operation just placed changes nothing for this one.
    if (stateWithout >= 0 && this.table.next(stateWithout, kind) === after) return;
    found.push(step, after);
  }

  #place(step: number): void {
    this.#path.push(step);
    if (step < 0) {
      setBit(this.#pendingUsed, -1 - step);
      return;
    }
    const { next, prev, callEntry, returnEntry } = this.#time;
    setBit(this.#placed, step);
    this.#hash ^= mix(step + 1);
    for (const entry of [callEntry[step] ?? 0, returnEntry[step] ?? 0]) {
      const before = prev[entry] ?? 0;
      const after = next[entry] ?? -1;
      next[before] = after;
      if (after >= 0) prev[after] = before;
    }
  }

  #unwind(length: number): void {
    while (this.#path.length > length) {
      const step = this.#path.pop() ?? 0;
      if (step < 0) clearBit(this.#pendingUsed, -1 - step);
      else this.#takeBack(step);
    }
  }

  #takeBack(step: number): void {
    const { next, prev, callEntry, returnEntry } = this.#time;
    clearBit(this.#placed, step);
    this.#hash ^= mix(step + 1);
    for (const entry of [returnEntry[step] ?? 0, callEntry[step] ?? 0]) {
      const before = prev[entry] ?? 0;
      const after = next[entry] ?? -1;
      next[before] = entry;
      if (after >= 0) prev[after] = entry;
    }
  }
}
