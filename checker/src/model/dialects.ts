// How the operations of each shipped model are recorded in a history: names, values and what a
// failure means. Anything else is refused with the line number.
import { HistoryError } from "../history/history-error.js";
import type { PairedOperation } from "../history/operations.js";
import type { Model } from "../search/model.js";
import { EdnTagged } from "../value/edn-value.js";
import { nameOf, textOf } from "../value/text.js";
import type { KvInput, KvOutput } from "./kv.js";
import { NOT_TEXT } from "./kv.js";
import type { MutexInput, MutexOutput } from "./mutex.js";
import { mutex } from "./mutex.js";
import type { TextMap } from "./persistent.js";
import type {
  LeasedQueueInput,
  LeasedQueueOutput,
  PriorityQueueInput,
  PriorityQueueOutput,
} from "./priority-queue.js";
import type { QueueInput, QueueOutput } from "./queue.js";
import { fifoQueue } from "./queue.js";
import type { RegisterInput } from "./register.js";
import type { SetInput, SetOutput } from "./set.js";
import { set } from "./set.js";

export interface ReadOptions {
  /**
   * What a failed compare-and-set means: that it did not match ("mismatch", default), or only that
   * it did not happen ("ignore"). A failure with an error never counts as a mismatch.
   */
  readonly failedCas?: "mismatch" | "ignore";
  /** Values are `[key value]`, and every key is an object of its own. */
  readonly independent?: boolean;
}

interface Parsed<I, O> {
  readonly input: I;
  /** What an `ok` completion answered; undefined for other outcomes. */
  readonly output: O | undefined;
  /** A definite answer of a `fail` completion. Without it a failed operation did not happen. */
  readonly refusal?: O;
}

/** A model together with the way its operations are recorded. */
export interface Dialect<S, I, O> {
  readonly model: Model<S, I, O>;
  parse(op: PairedOperation, value: unknown, answer: unknown, options: ReadOptions): Parsed<I, O>;
}

export function bad(op: PairedOperation, reason: string): HistoryError {
  return new HistoryError("HISTORY_VALUE", op.line, `${op.f}: ${reason}`);
}

function unknownF(op: PairedOperation, known: string): HistoryError {
  return bad(op, `this model knows ${known}; choose another --model or remove the operation`);
}

/** What stands behind a tag: a tag says nothing about how the parts of an operation are arranged. */
function bare(value: unknown): unknown {
  return value instanceof EdnTagged ? bare(value.value) : value;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

function record(op: PairedOperation, value: unknown): Readonly<Record<string, unknown>> {
  const inner = bare(value);
  if (isRecord(inner)) return inner;
  throw bad(op, `the value must be an object (in EDN a map of keywords); found ${textOf(value)}`);
}

/** The two members of a value like `[from to]`. */
export function pairOf(value: unknown): readonly [unknown, unknown] | undefined {
  const inner = bare(value);
  if (!Array.isArray(inner) || inner.length !== 2) return undefined;
  const [first, second] = inner as readonly unknown[];
  return [first, second];
}

/** The members of a set, which may also be written as a list. */
function membersOf(value: unknown): readonly unknown[] | undefined {
  const inner = bare(value);
  if (inner instanceof Set) return [...(inner as ReadonlySet<unknown>)];
  return Array.isArray(inner) ? (inner as readonly unknown[]) : undefined;
}

export function isError(value: unknown): boolean {
  return isRecord(value) && ("error" in value || "code" in value);
}

export const registerDialect = (
  model: Model<string, RegisterInput, { readonly value: unknown } | boolean>,
): Dialect<string, RegisterInput, { readonly value: unknown } | boolean> => ({
  model,
  parse(op, value, answer, options) {
    if (op.f === "read") return { input: { f: "read" }, output: { value: answer } };
    if (op.f === "write") return { input: { f: "write", value }, output: true };
    if (op.f !== "cas" || model.name === "register") {
      throw unknownF(op, model.name === "register" ? "read and write" : "read, write and cas");
    }
    const pair = pairOf(value);
    if (pair === undefined) throw bad(op, `the value must be [from to]; found ${textOf(value)}`);
    const [from, to] = pair;
    const input: RegisterInput = { f: "cas", from, to };
    const mismatch = options.failedCas !== "ignore" && !isError(answer);
    const output = answer === false ? false : true;
    return { input, output, ...(mismatch ? { refusal: false } : {}) };
  },
});

function keyAndValue(op: PairedOperation, value: unknown): { key: string; value: unknown } {
  const pair = pairOf(value);
  if (pair !== undefined) return { key: nameOf(pair[0]), value: pair[1] };
  const { key, value: inner } = record(op, value);
  if (key === undefined) throw bad(op, "the value must name a key: {key, value} or [key value]");
  return { key: nameOf(key), value: inner ?? null };
}

function kvText(op: PairedOperation, value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string") return NOT_TEXT + textOf(value);
  if (!value.startsWith(NOT_TEXT)) return value;
  throw bad(op, "this model takes no text that begins with the character U+0000");
}

function appended(op: PairedOperation, value: unknown): string {
  if (typeof value === "string") return kvText(op, value);
  throw bad(op, `only text can be appended; found ${textOf(value)}`);
}

export const kvDialect = <S>(
  model: Model<S, KvInput, KvOutput>,
): Dialect<S, KvInput, KvOutput> => ({
  model,
  parse(op, whole, wholeAnswer, options) {
    const { key, value } = keyAndValue(op, whole);
    if (op.f === "get" || op.f === "read") {
      const answer = op.outcome === "ok" ? keyAndValue(op, wholeAnswer).value : null;
      return { input: { f: "get", key }, output: { value: kvText(op, answer) } };
    }
    if (op.f === "put" || op.f === "write") {
      return { input: { f: "put", key, value: kvText(op, value) }, output: true };
    }
    if (op.f === "append") {
      return { input: { f: "append", key, value: appended(op, value) }, output: true };
    }
    if (op.f !== "cas") throw unknownF(op, "get, put, append and cas");
    const pair = pairOf(value);
    if (pair === undefined) throw bad(op, `the value must hold [from to]; found ${textOf(value)}`);
    const [from, to] = [kvText(op, pair[0]), kvText(op, pair[1])];
    const mismatch = options.failedCas !== "ignore" && !isError(wholeAnswer);
    const input: KvInput = { f: "cas", key, from, to };
    return { input, output: true, ...(mismatch ? { refusal: false } : {}) };
  },
});

function itemOf(op: PairedOperation, value: unknown): { id: string; priority: bigint } {
  const { id, priority } = record(op, value);
  const isPlain = ["number", "bigint", "string"].includes(typeof priority);
  const text = isPlain ? String(priority) : "";
  if (!/^-?\d+$/.test(text)) {
    throw bad(op, `"priority" must be an integer; found ${textOf(priority)}`);
  }
  return { id: idOf(op, id), priority: BigInt(text) };
}

function idOf(op: PairedOperation, id: unknown): string {
  if (id === undefined || id === null) throw bad(op, `the value must name the item's "id"`);
  return nameOf(id);
}

function popped(op: PairedOperation, answer: unknown): Readonly<Record<string, unknown>> | null {
  return op.outcome !== "ok" || answer === null ? null : record(op, answer);
}

function fenceOf(op: PairedOperation, value: Readonly<Record<string, unknown>> | null): number {
  const fence = value?.fence;
  if (typeof fence === "number" && Number.isSafeInteger(fence)) return fence;
  throw bad(op, `"fence" must be an integer; found ${textOf(fence)}`);
}

export const priorityParse: Dialect<TextMap, PriorityQueueInput, PriorityQueueOutput>["parse"] = (
  op,
  value,
  answer,
) => {
  if (op.f === "push" || op.f === "enqueue") {
    return { input: { f: "push", ...itemOf(op, value) }, output: true };
  }
  if (op.f !== "pop" && op.f !== "dequeue") throw unknownF(op, "push and pop");
  const item = popped(op, answer);
  return { input: { f: "pop" }, output: item === null ? null : { id: idOf(op, item.id) } };
};

export const leasedParse: Dialect<TextMap, LeasedQueueInput, LeasedQueueOutput>["parse"] = (
  op,
  value,
  answer,
) => {
  if (op.f === "push" || op.f === "enqueue") {
    return { input: { f: "push", ...itemOf(op, value) }, output: true };
  }
  if (op.f === "pop" || op.f === "dequeue") {
    const item = popped(op, answer);
    if (item === null) return { input: { f: "pop" }, output: null };
    return { input: { f: "pop" }, output: { id: idOf(op, item.id), fence: fenceOf(op, item) } };
  }
  if (op.f !== "ack" && op.f !== "nack" && op.f !== "expire") {
    throw unknownF(op, "push, pop, ack, nack and expire");
  }
  const settled = record(op, value);
  const input = { f: op.f, id: idOf(op, settled.id), fence: fenceOf(op, settled) } as const;
  return { input, output: true, refusal: false };
};

export const setDialect: Dialect<TextMap, SetInput, SetOutput> = {
  model: set(),
  parse(op, value, answer) {
    if (op.f === "read") {
      const values = op.outcome === "ok" ? membersOf(answer) : [];
      if (values === undefined) {
        throw bad(op, `the answer must be all elements, like [1 2]; found ${textOf(answer)}`);
      }
      return { input: { f: "read" }, output: { values } };
    }
    if (op.f !== "add" && op.f !== "remove" && op.f !== "contains") {
      throw unknownF(op, "add, remove, contains and read");
    }
    if (op.f !== "contains") return { input: { f: op.f, value }, output: true };
    if (op.outcome === "ok" && typeof answer !== "boolean") {
      throw bad(op, `the answer must be true or false; found ${textOf(answer)}`);
    }
    return { input: { f: "contains", value }, output: answer === true };
  },
};

export const queueDialect: Dialect<string, QueueInput, QueueOutput> = {
  model: fifoQueue(),
  parse(op, value, answer) {
    if (op.f === "enqueue") {
      if (value === null) throw bad(op, "null cannot be enqueued: as an answer it means empty");
      return { input: { f: "enqueue", value }, output: true };
    }
    if (op.f !== "dequeue") throw unknownF(op, "enqueue and dequeue");
    return { input: { f: "dequeue" }, output: answer === null ? null : { value: answer } };
  },
};

export const mutexDialect: Dialect<string, MutexInput, MutexOutput> = {
  model: mutex(),
  parse(op) {
    if (op.f !== "acquire" && op.f !== "release") throw unknownF(op, "acquire and release");
    return { input: { f: op.f, process: op.process }, output: true };
  },
};
