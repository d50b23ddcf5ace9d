// Key-value store with get, put, append and compare-and-set. Partitioned by key: operations on
// different keys never influence each other. A key that was never written reads as null or "".
import type { Model } from "../search/model.js";
import { partitionBy, textOf } from "../search/model.js";
import { HashedText } from "./persistent.js";

export type KvInput =
  | { readonly f: "get"; readonly key: string }
  | { readonly f: "put"; readonly key: string; readonly value: string }
  | { readonly f: "append"; readonly key: string; readonly value: string }
  | { readonly f: "cas"; readonly key: string; readonly from: string; readonly to: string };

/** A get returns a value (null: none), a put or append true, a cas whether it matched. */
export type KvOutput = { readonly value: string | null } | boolean;

/**
 * A value of a store is text, so that it can be appended to. Any other value of a history becomes its
 * text behind this character, with which no text of a history begins.
 */
export const NOT_TEXT = "\u0000";

function shown(value: string | null): string {
  return value?.startsWith(NOT_TEXT) === true ? value.slice(1) : textOf(value);
}

function answer(output: KvOutput | undefined): string {
  if (output === undefined) return "?";
  return typeof output === "object" ? shown(output.value) : output ? "done" : "no match";
}

function describe(input: KvInput, output: KvOutput | undefined): string {
  const { f, key } = input;
  if (f === "get") return `get ${key} -> ${answer(output)}`;
  if (f === "cas")
    return `cas ${key} ${shown(input.from)} to ${shown(input.to)} -> ${answer(output)}`;
  return `${f} ${key} ${shown(input.value)}${output === undefined ? " -> ?" : ""}`;
}

/** Texts of a history by value: hashed once. */
class Texts {
  readonly #known = new Map<string, HashedText>();
  readonly #prefixes = new Map<string, Int32Array>();

  of(text: string): HashedText {
    let known = this.#known.get(text);
    if (known === undefined) this.#known.set(text, (known = HashedText.of(text)));
    return known;
  }

  /** False only when `start` is certainly not a beginning of `text`. */
  mayBegin(start: HashedText, text: string): boolean {
    let hashes = this.#prefixes.get(text);
    if (hashes === undefined) this.#prefixes.set(text, (hashes = this.of(text).prefixHashes()));
    return hashes[start.text.length] === start.hash;
  }
}

/** One key: the value after the operation, or undefined when it cannot answer this. */
function stepKey(
  texts: Texts,
  old: HashedText,
  input: KvInput,
  output: KvOutput | undefined,
): HashedText | undefined {
  if (input.f === "get") {
    return typeof output !== "object" || old.equals(texts.of(output.value ?? "")) ? old : undefined;
  }
  if (input.f === "put") return texts.of(input.value);
  if (input.f === "append") return old.concat(texts.of(input.value));
  const matches = old.equals(texts.of(input.from));
  if (output !== undefined && output !== matches) return undefined;
  return matches ? texts.of(input.to) : old;
}

const isReadOnly = ({ f }: KvInput, output: KvOutput | undefined): boolean =>
  f === "get" || (f === "cas" && output === false);

/** Whether a get of this value can still come true for a key that now holds `old`. */
function canReachKey(
  texts: Texts,
  old: HashedText,
  input: KvInput,
  output: KvOutput | undefined,
  others: readonly KvInput[],
): boolean {
  if (input.f !== "get" || typeof output !== "object") return true;
  const goal = output.value ?? "";
  const grows = texts.mayBegin(old, goal);
  for (const other of others) {
    if (other.key !== input.key || other.f === "get") continue;
    if (other.f !== "append") return true;
    if (grows && goal.startsWith(other.value, old.text.length)) return true;
  }
  return false;
}

/**
 * The usual key-value model: every key on its own. A state is the value of one key, so the model makes
 * sense only together with its partition; `kvWhole` is for everything else.
 */
export function kv(): Model<HashedText, KvInput, KvOutput> {
  const texts = new Texts();
  return {
    name: "kv",
    init: () => HashedText.empty,
    step: (state, input, output) => stepKey(texts, state, input, output),
    equal: (a, b) => a.equals(b),
    hash: (state) => state.hash,
    isReadOnly,
    canReach: (state, input, output, others) => canReachKey(texts, state, input, output, others),
    partition: (operations) => partitionBy(operations, (input) => input.key),
    describeOperation: describe,
    describeState: (state) => shown(state.text),
  };
}

/** Values of all keys, by number of the key; absent and "" are one, nothing can tell them apart. */
interface Store {
  readonly values: readonly HashedText[];
  readonly hash: number;
}

/** Numbers keys in order of first use: an array costs a fraction of a map, and states are many. */
class Keys {
  readonly #numbers = new Map<string, number>();

  of(key: string): number {
    let number = this.#numbers.get(key);
    if (number === undefined) this.#numbers.set(key, (number = this.#numbers.size));
    return number;
  }

  names(): [string, number][] {
    return [...this.#numbers].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

function share(key: number, value: HashedText): number {
  if (value.text === "") return 0;
  return Math.imul(Math.imul(key + 1, 0x9e3779b1) ^ value.hash, 0x85ebca6b) ^ value.text.length;
}

function write({ values, hash }: Store, key: number, value: HashedText): Store {
  const next = values.slice();
  while (next.length <= key) next.push(HashedText.empty);
  const old = next[key] ?? HashedText.empty;
  next[key] = value;
  return { values: next, hash: (hash - share(key, old) + share(key, value)) | 0 };
}

function sameStore(a: Store, b: Store): boolean {
  if (a.hash !== b.hash) return false;
  const length = Math.max(a.values.length, b.values.length);
  for (let key = 0; key < length; key += 1) {
    const one = a.values[key] ?? HashedText.empty;
    if (!one.equals(b.values[key] ?? HashedText.empty)) return false;
  }
  return true;
}

/** All keys in one state: for checks without partitions. */
export function kvWhole(): Model<Store, KvInput, KvOutput> {
  const texts = new Texts();
  const keys = new Keys();
  const valueOf = ({ values }: Store, key: string): HashedText =>
    values[keys.of(key)] ?? HashedText.empty;
  return {
    name: "kv-whole",
    init: () => ({ values: [], hash: 0 }),
    step(state, input, output) {
      const old = valueOf(state, input.key);
      const value = stepKey(texts, old, input, output);
      if (value === undefined || value.equals(old)) return value === undefined ? undefined : state;
      return write(state, keys.of(input.key), value);
    },
    equal: sameStore,
    hash: (state) => state.hash,
    isReadOnly,
    canReach: (state, input, output, others) =>
      canReachKey(texts, valueOf(state, input.key), input, output, others),
    describeOperation: describe,
    describeState(state) {
      const filled = keys.names().filter(([key]) => valueOf(state, key).text !== "");
      return `{${filled.map(([key]) => `${key}: ${shown(valueOf(state, key).text)}`).join(", ")}}`;
    },
  };
}
