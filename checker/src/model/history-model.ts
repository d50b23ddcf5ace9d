// The shipped models by name, each with the way its operations are recorded, so that a history file
// can be checked by naming a model.
import type { PairedOperation } from "../history/operations.js";
import type { Model, Operation } from "../search/model.js";
import { nameOf, textOf } from "../value/text.js";
import type { Dialect, ReadOptions } from "./dialects.js";
import {
  bad,
  isError,
  kvDialect,
  leasedParse,
  mutexDialect,
  pairOf,
  priorityParse,
  queueDialect,
  registerDialect,
  setDialect,
} from "./dialects.js";
import type { Keyed } from "./keyed.js";
import { keyedModel } from "./keyed.js";
import { kv, kvWhole } from "./kv.js";
import { leasedPriorityQueue, priorityQueue } from "./priority-queue.js";
import { casRegister, register } from "./register.js";

export type { ReadOptions } from "./dialects.js";

/** Operations ready for the search; `lines` gives for each the index of its invoke. */
interface ReadOperations<I, O> {
  readonly operations: readonly Operation<I, O>[];
  readonly recorded: readonly PairedOperation[];
}

/** A shipped model with types erased: what it reads from a history it can also check. */
export interface HistoryModel {
  readonly name: string;
  readonly model: Model<unknown, unknown, unknown>;
  read(
    recorded: readonly PairedOperation[],
    options?: ReadOptions,
  ): ReadOperations<unknown, unknown>;
}

function unwrap(op: PairedOperation, value: unknown, options: ReadOptions): [string, unknown] {
  if (options.independent !== true) return ["", value];
  if (isError(value) || (value === null && op.outcome !== "ok")) return ["", null];
  const pair = pairOf(value);
  if (pair === undefined) {
    throw bad(op, `with independent keys the value must be [key value]; found ${textOf(value)}`);
  }
  return [nameOf(pair[0]), pair[1]];
}

function readAll<S, I, O>(
  dialect: Dialect<S, I, O>,
  recorded: readonly PairedOperation[],
  options: ReadOptions,
): ReadOperations<Keyed<I>, O> {
  const operations: Operation<Keyed<I>, O>[] = [];
  const kept: PairedOperation[] = [];
  for (const op of recorded) {
    const [key, value] = unwrap(op, op.input, options);
    // Only an answer is sure to hold the key again; a failure may hold its reason instead.
    const answer = op.outcome === "ok" ? unwrap(op, op.output, options)[1] : op.output;
    const { input, output, refusal } = dialect.parse(op, value, answer, options);
    if (op.outcome === "fail" && refusal === undefined) continue;
    const result = op.outcome === "unknown" ? undefined : op.outcome === "ok" ? output : refusal;
    kept.push(op);
    const { process, call } = op;
    operations.push({
      process,
      input: { key, input },
      output: result,
      call,
      ret: result === undefined ? Infinity : op.ret,
    });
  }
  return { operations, recorded: kept };
}

function erase<S, I, O>(name: string, dialect: Dialect<S, I, O>): HistoryModel {
  return {
    name,
    // Types are erased here and only here: `read` makes exactly the inputs this model takes.
    model: keyedModel(dialect.model),
    read: (recorded, options = {}) => readAll(dialect, recorded, options),
  };
}

const BUILDERS: Readonly<Record<string, () => HistoryModel>> = {
  register: () => erase("register", registerDialect(register())),
  "cas-register": () => erase("cas-register", registerDialect(casRegister())),
  kv: () => erase("kv", kvDialect(kv())),
  "kv-whole": () => erase("kv-whole", kvDialect(kvWhole())),
  set: () => erase("set", setDialect),
  queue: () => erase("queue", queueDialect),
  "priority-queue": () =>
    erase("priority-queue", { model: priorityQueue("MIN"), parse: priorityParse }),
  "priority-queue-max": () =>
    erase("priority-queue-max", { model: priorityQueue("MAX"), parse: priorityParse }),
  "leased-priority-queue": () =>
    erase("leased-priority-queue", { model: leasedPriorityQueue("MIN"), parse: leasedParse }),
  "leased-priority-queue-max": () =>
    erase("leased-priority-queue-max", { model: leasedPriorityQueue("MAX"), parse: leasedParse }),
  mutex: () => erase("mutex", mutexDialect),
};

/** Names that `historyModel` knows. */
export const MODEL_NAMES: readonly string[] = Object.keys(BUILDERS);

/** A shipped model by name, or undefined. */
export function historyModel(name: string): HistoryModel | undefined {
  return Object.hasOwn(BUILDERS, name) ? BUILDERS[name]?.() : undefined;
}
