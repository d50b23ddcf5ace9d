// The general checker: is some order of these operations, which respects real time, legal for this
// model? Partitions are searched in turns (turns.ts); time and memory are bounded, and running out
// of either is the verdict "unknown", never a crash.
import type { BudgetOptions } from "./budget.js";
import { Budget } from "./budget.js";
import type { Model, Operation, Partition } from "./model.js";
import type { CheckResult } from "./result.js";
import { conclude } from "./result.js";
import { requireTimes } from "./times.js";
import { Turns } from "./turns.js";

export type { Progress } from "./budget.js";
export type {
  CheckResult,
  GiveUpReason,
  IllegalWindow,
  PartialLinearization,
  PartitionResult,
  Verdict,
} from "./result.js";

export interface CheckOptions extends BudgetOptions {
  /** Bound on what the searches of all partitions remember together, in bytes. Default 400 MB. */
  readonly memoryBytes?: number;
  /** Search every partition even after one was illegal. Default false. */
  readonly allPartitions?: boolean;
}

export const MEMORY_BYTES_DEFAULT = 400_000_000;

/** A model's partition, or the whole history as one. */
export function partitionsOf<S, I, O>(
  model: Model<S, I, O>,
  operations: readonly Operation<I, O>[],
): readonly Partition[] {
  if (model.partition !== undefined) return model.partition(operations);
  return [{ key: "", operations: operations.map((_, index) => index) }];
}

/** The work of a check as a generator: it yields between slices, so a caller can wait or stop. */
function* searching<S, I, O>(
  model: Model<S, I, O>,
  operations: readonly Operation<I, O>[],
  options: CheckOptions,
): Generator<undefined, CheckResult> {
  requireTimes(operations);
  const budget = new Budget(options);
  const { memoryBytes = MEMORY_BYTES_DEFAULT, allPartitions = false } = options;
  const parts = partitionsOf(model, operations);
  const turns = new Turns(model, operations, parts, { memoryBytes, allPartitions });
  for (const running of turns.play()) {
    const { finished } = turns;
    const spent = budget.spent(() => ({ ...running, partitions: parts.length, finished }));
    if (spent !== undefined) {
      turns.giveUp(spent);
      break;
    }
    yield;
  }
  const bounds = { timeoutMs: options.timeoutMs, memoryBytes };
  return {
    ...conclude(model, operations, turns.results, bounds),
    steps: turns.steps,
    elapsedMs: budget.elapsedMs,
  };
}

/** Checks operations given with the times of their calls and returns. Throws on times that cannot be. */
export function checkOperations<S, I, O>(
  model: Model<S, I, O>,
  operations: readonly Operation<I, O>[],
  options: CheckOptions = {},
): CheckResult {
  const work = searching(model, operations, options);
  for (;;) {
    const slice = work.next();
    if (slice.done === true) return slice.value;
  }
}

/** The same, giving way to other work between slices, so that a signal or a page can stop it. */
export async function checkOperationsAsync<S, I, O>(
  model: Model<S, I, O>,
  operations: readonly Operation<I, O>[],
  options: CheckOptions = {},
): Promise<CheckResult> {
  const work = searching(model, operations, options);
  let waitedAt = performance.now();
  for (;;) {
    const slice = work.next();
    if (slice.done === true) return slice.value;
    if (performance.now() - waitedAt < 20) continue;
    await new Promise((resolve) => setTimeout(resolve, 0));
    waitedAt = performance.now();
  }
}

/** Half of an operation; the order of the array is the order of time. */
export type CheckEvent<I, O> =
  | {
      readonly kind: "call";
      readonly id: number | string;
      readonly process: number | string;
      readonly input: I;
    }
  | { readonly kind: "return"; readonly id: number | string; readonly output: O | undefined };

/** Turns events into operations whose times are positions in the array. */
function operationsOfEvents<I, O>(events: readonly CheckEvent<I, O>[]): Operation<I, O>[] {
  const open = new Map<number | string, number>();
  const operations: Operation<I, O>[] = [];
  events.forEach((event, at) => {
    if (event.kind === "call") {
      if (open.has(event.id)) throw new RangeError(`event ${at}: id ${event.id} was called before`);
      open.set(event.id, operations.length);
      const { process, input } = event;
      operations.push({ process, input, output: undefined, call: at, ret: Infinity });
      return;
    }
    const slot = open.get(event.id) ?? -1;
    const operation = operations[slot];
    if (operation === undefined || operation.ret !== Infinity) {
      throw new RangeError(`event ${at}: id ${event.id} returns without a call`);
    }
    if (event.output === undefined) return;
    operations[slot] = { ...operation, output: event.output, ret: at };
  });
  return operations;
}

/** Checks a sequence of calls and returns. A return with an undefined output never returned. */
export function checkEvents<S, I, O>(
  model: Model<S, I, O>,
  events: readonly CheckEvent<I, O>[],
  options: CheckOptions = {},
): CheckResult {
  return checkOperations(model, operationsOfEvents(events), options);
}
