// Numbers the states a search meets and remembers every transition, so that the model runs once per
// (state, kind of operation) and the search compares integers. Operations with equal input and
// output are of one kind.
import type { Model, Operation } from "./model.js";
import { textOf } from "./model.js";

export const ILLEGAL = -1;
const UNASKED = -2;
/** Transitions to several states are stored as MANY - index into a list of lists. */
const MANY = -3;
/** With more kinds than this a table row per state would waste memory, and a map is used. */
const ROW_KINDS_MAX = 512;
const STATE_BYTES = 200;
const MAP_ENTRY_BYTES = 40;
/** An engine's Map holds no more than 2^24 entries; the bytes are looked at only now and then. */
const STATES_MAX = 2 ** 24 - 2 ** 20;
/** More than any bound. */
const FULL_BYTES = 1e15;
/** The map only saves asking the model again: when it is full it starts anew. */
const MAP_ENTRIES_MAX = 400_000;

export class StateTable<S, I, O> {
  readonly #model: Model<S, I, O>;
  readonly #states: S[] = [];
  readonly #byValue = new Map<S, number>();
  readonly #byHash = new Map<number, number[]>();
  readonly #samples: Pick<Operation<I, O>, "input" | "output">[] = [];
  readonly #rows: Int32Array[] = [];
  readonly #sparse = new Map<number, number>();
  readonly #lists: Int32Array[] = [];
  readonly #useRows: boolean;
  readonly #readOnly: boolean[] = [];
  /** Kind per operation index. */
  readonly kindOf: Int32Array;
  readonly initial: number;

  constructor(model: Model<S, I, O>, operations: readonly Operation<I, O>[]) {
    this.#model = model;
    this.kindOf = new Int32Array(operations.length);
    const kinds = new Map<string, number>();
    operations.forEach(({ input, output }, index) => {
      const text = `${textOf(input)} ${textOf(output)}`;
      let kind = kinds.get(text);
      if (kind === undefined) {
        kind = this.#samples.length;
        kinds.set(text, kind);
        this.#samples.push({ input, output });
        this.#readOnly.push(model.isReadOnly?.(input, output) ?? false);
      }
      this.kindOf[index] = kind;
    });
    this.#useRows = this.#samples.length <= ROW_KINDS_MAX;
    this.initial = this.#number(model.init());
  }

  get size(): number {
    return this.#states.length;
  }

  /** A rough count of the bytes held, for the memory bound; it breaks any when no more states fit. */
  get bytes(): number {
    if (this.#states.length > STATES_MAX) return FULL_BYTES;
    const row = this.#useRows ? this.#samples.length * 4 : 0;
    return this.#states.length * (STATE_BYTES + row) + this.#sparse.size * MAP_ENTRY_BYTES;
  }

  state(id: number): S {
    const state = this.#states[id];
    if (state === undefined) throw new RangeError(`no state ${id}`);
    return state;
  }

  isReadOnly(kind: number): boolean {
    return this.#readOnly[kind] ?? false;
  }

  /** ILLEGAL, the number of the one state that follows, or a value for `alternatives`. */
  next(state: number, kind: number): number {
    if (this.#useRows) {
      const row = this.#rows[state];
      const known = row?.[kind] ?? UNASKED;
      if (known !== UNASKED) return known;
      const next = this.#ask(state, kind);
      if (row !== undefined) row[kind] = next;
      return next;
    }
    const key = state * this.#samples.length + kind;
    const known = this.#sparse.get(key);
    if (known !== undefined) return known;
    const next = this.#ask(state, kind);
    if (this.#sparse.size >= MAP_ENTRIES_MAX) this.#sparse.clear();
    this.#sparse.set(key, next);
    return next;
  }

  get looksAhead(): boolean {
    return this.#model.canReach !== undefined;
  }

  /** False when the model knows that no order of `others` makes `kind` legal. */
  canReach(state: number, kind: number, others: readonly number[]): boolean {
    const model = this.#model;
    const goal = this.#samples[kind];
    if (model.canReach === undefined || goal === undefined) return true;
    const inputs: I[] = [];
    for (const other of others) {
      const sample = this.#samples[other];
      if (sample !== undefined) inputs.push(sample.input);
    }
    return model.canReach(this.state(state), goal.input, goal.output, inputs);
  }

  /** The states behind a result of `next` that is below ILLEGAL. */
  alternatives(next: number): Int32Array {
    return this.#lists[MANY - next] ?? new Int32Array(0);
  }

  #ask(state: number, kind: number): number {
    const sample = this.#samples[kind];
    if (sample === undefined) throw new RangeError(`no kind ${kind}`);
    const { input, output } = sample;
    const model = this.#model;
    if (model.steps === undefined) {
      const after = model.step(this.state(state), input, output);
      return after === undefined ? ILLEGAL : this.#number(after);
    }
    const all = model.steps(this.state(state), input, output);
    const ids = Int32Array.from(new Set(all.map((after) => this.#number(after))));
    if (ids.length <= 1) return ids[0] ?? ILLEGAL;
    this.#lists.push(ids);
    return MANY - (this.#lists.length - 1);
  }

  #number(state: S): number {
    const model = this.#model;
    if (model.hash === undefined) {
      const known = this.#byValue.get(state);
      if (known !== undefined) return known;
      this.#byValue.set(state, this.#states.length);
      return this.#add(state);
    }
    const key = model.hash(state);
    const bucket = this.#byHash.get(key);
    const same = bucket?.find((id) => {
      const other = this.state(id);
      return model.equal?.(other, state) ?? Object.is(other, state);
    });
    if (same !== undefined) return same;
    if (bucket === undefined) this.#byHash.set(key, [this.#states.length]);
    else bucket.push(this.#states.length);
    return this.#add(state);
  }

  #add(state: S): number {
    this.#states.push(state);
    if (this.#useRows) this.#rows.push(new Int32Array(this.#samples.length).fill(UNASKED));
    return this.#states.length - 1;
  }
}
