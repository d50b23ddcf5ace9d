// The smallest stretch of an illegal history that shows it. It ends with the return no order gets past;
// its beginning moves back from that operation's call until the operations inside fit no
// order whatever state they found: a stale read alone fits an older state, together with the write it missed
// it fits none. Each beginning is tried by a small search from every state the large one met.
import type { Model, Operation } from "./model.js";
import { Search } from "./search.js";
import type { StateTable } from "./state-table.js";

/** The part of an illegal history that shows it. */
export interface IllegalWindow {
  /** Call of the first and return of the last operation that matter. */
  readonly from: number;
  readonly to: number;
  /** The operation whose return no order gets past. */
  readonly blocked: number;
  /** The operations that overlap the window, by call, without reads that prove nothing. */
  readonly operations: readonly number[];
  /**
   * True when these operations fit no order from any state that was reached before. False when the history
   * was too large to find such a window: then nothing is open where it begins, and what is earlier only
   * sets the state.
   */
  readonly alone: boolean;
}

const STATES_MAX = 1000;
const OPERATIONS_MAX = 400;
/** Placements in all small searches: explaining must not cost more than judging. */
const STEPS_MAX = 20_000;
const STEPS_AT_ONCE = 32;

class WindowFinder<S, I, O> {
  readonly #model: Model<S, I, O>;
  readonly #operations: readonly Operation<I, O>[];
  /** Those called before the end, by call. */
  readonly #inReach: readonly number[];
  readonly #to: number;
  readonly #table: StateTable<S, I, O>;
  readonly #kindOf = new Map<number, number>();
  readonly #states: number;
  #left = STEPS_MAX;

  constructor(
    model: Model<S, I, O>,
    operations: readonly Operation<I, O>[],
    members: readonly number[],
    inReach: readonly number[],
    to: number,
    table: StateTable<S, I, O>,
  ) {
    this.#model = model;
    this.#operations = operations;
    this.#inReach = inReach;
    this.#to = to;
    this.#table = table;
    // The small searches meet more states; only those of the large one are beginnings.
    this.#states = table.size;
    members.forEach((index, at) => this.#kindOf.set(index, table.kindOf[at] ?? 0));
  }

  /** Indexes of the operations that overlap the time from `from` to the end. */
  overlapping(from: number): number[] {
    return this.#inReach.filter((index) => (this.#operations[index]?.ret ?? 0) >= from);
  }

  /** Whether these operations fit no order from any state. */
  shows(inside: readonly number[]): boolean {
    if (inside.length > OPERATIONS_MAX) return false;
    const operations = inside.flatMap((index): Operation<I, O>[] => {
      const operation = this.#operations[index];
      if (operation === undefined) return [];
      // What returns after the end need not have happened inside.
      return [operation.ret > this.#to ? { ...operation, ret: Infinity } : operation];
    });
    const kindOf = Int32Array.from(inside, (index) => this.#kindOf.get(index) ?? 0);
    for (let start = 0; start < this.#states; start += 1) {
      const part = { table: this.#table, kindOf, start };
      if (!this.#isIllegal(new Search(this.#model, operations, part))) return false;
    }
    return true;
  }

  #isIllegal(search: Search<S, I, O>): boolean {
    while (this.#left > 0) {
      this.#left -= STEPS_AT_ONCE;
      const status = search.run(STEPS_AT_ONCE);
      if (status !== "running") return status === "illegal";
    }
    return false;
  }

  /** The latest of these beginnings (latest first) that shows it, if any does. */
  latest(beginnings: readonly number[]): number | undefined {
    let failed = -1;
    let found = -1;
    for (let at = 0; found < 0 && at < beginnings.length; at = at * 2 + 1) {
      if (this.shows(this.overlapping(beginnings[at] ?? 0))) found = at;
      else failed = at;
    }
    if (found < 0) return undefined;
    while (found - failed > 1) {
      const middle = (found + failed) >> 1;
      if (this.shows(this.overlapping(beginnings[middle] ?? 0))) found = middle;
      else failed = middle;
    }
    return beginnings[found];
  }

  /** Leaves out what changes no state and is not needed for the proof. */
  needed(inside: readonly number[], blocked: number): number[] {
    let kept = [...inside];
    for (const index of inside) {
      const operation = this.#operations[index];
      if (index === blocked || operation === undefined) continue;
      if (this.#model.isReadOnly?.(operation.input, operation.output) !== true) continue;
      const without = kept.filter((other) => other !== index);
      if (this.shows(without)) kept = without;
    }
    return kept;
  }
}

/** Where the chain of overlapping operations begins that ends with the blocked one. */
function chainStart<I, O>(
  operations: readonly Operation<I, O>[],
  inReach: readonly number[],
  call: number,
): number {
  const returned = inReach.filter((index) => Number.isFinite(operations[index]?.ret ?? Infinity));
  returned.sort((a, b) => (operations[b]?.ret ?? 0) - (operations[a]?.ret ?? 0));
  let from = call;
  for (const index of returned) {
    const operation = operations[index];
    if (operation === undefined || operation.ret < from) break;
    from = Math.min(from, operation.call);
  }
  return from;
}

/** `members` are the operations of the searched partition, `blocked` is one of them. */
export function windowOf<S, I, O>(
  model: Model<S, I, O>,
  operations: readonly Operation<I, O>[],
  members: readonly number[],
  blocked: number,
  search: Search<S, I, O>,
): IllegalWindow | undefined {
  const last = operations[blocked];
  if (last === undefined) return undefined;
  const { call, ret: to } = last;
  const callOf = (index: number): number => operations[index]?.call ?? 0;
  const inReach = members.filter((index) => callOf(index) <= to);
  inReach.sort((a, b) => callOf(a) - callOf(b));
  const { table } = search;
  const tooMany = table.size > STATES_MAX;
  const finder = new WindowFinder(model, operations, members, inReach, to, table);
  const beginnings = [...new Set(inReach.map(callOf))].filter((at) => at <= call).reverse();
  const begin = tooMany ? undefined : finder.latest(beginnings);
  const from = begin ?? chainStart(operations, inReach, call);
  const inside = finder.overlapping(from);
  const alone = begin !== undefined;
  return { from, to, blocked, operations: alone ? finder.needed(inside, blocked) : inside, alone };
}
