// The general checker: is some order of these operations, which respects real time, legal for this
// model? Partitions are searched one after the other; time and memory are bounded, and running out
// of either is the verdict "unknown", never a crash.
import type { Model, Operation, Partition } from "./model.js";
import { describeOperation, describeState } from "./model.js";
import { Search } from "./search.js";
import type { IllegalWindow } from "./window.js";
import { windowOf } from "./window.js";

export type { IllegalWindow } from "./window.js";

export type Verdict = "ok" | "illegal" | "unknown";

export interface Progress {
  readonly elapsedMs: number;
  readonly partition: number;
  readonly partitions: number;
  readonly configurations: number;
  readonly states: number;
  /** Most operations of the running partition placed in one order so far. */
  readonly placed: number;
  readonly operations: number;
}

export interface CheckOptions {
  /** Default: no limit. */
  readonly timeoutMs?: number;
  /** Bound on what the search itself remembers, in bytes. Default 400 MB. */
  readonly memoryBytes?: number;
  /** Called about four times a second; returning false cancels. */
  readonly onProgress?: (progress: Progress) => boolean | undefined;
  readonly progressEveryMs?: number;
  /** An AbortSignal, or anything like it. */
  readonly signal?: { readonly aborted: boolean };
  /** Search every partition even after one was illegal. Default false. */
  readonly allPartitions?: boolean;
}

/** One order of operations, as far as the model could be followed, with the states on the way. */
export interface PartialLinearization {
  /** Indexes into the checked operations. */
  readonly order: readonly number[];
  readonly states: readonly string[];
}

export interface PartitionResult {
  readonly key: string;
  readonly operations: readonly number[];
  readonly verdict: Verdict;
  /** The whole order when ok, the longest ones tried otherwise. */
  readonly linearizations: readonly PartialLinearization[];
  readonly window?: IllegalWindow;
  readonly configurations: number;
  readonly states: number;
}

export interface CheckResult {
  readonly verdict: Verdict;
  readonly reason?: "timeout" | "memory" | "cancelled";
  readonly partitions: readonly PartitionResult[];
  readonly elapsedMs: number;
  /** The verdict in a sentence. */
  readonly sentence: string;
}

const STEPS_PER_SLICE = 512;
const MEMORY_DEFAULT = 400_000_000;

/** Watches the bounds between slices of a search. */
class Budget {
  readonly #options: CheckOptions;
  readonly #started = performance.now();
  #nextProgressMs: number;
  reason: CheckResult["reason"];

  constructor(options: CheckOptions) {
    this.#options = options;
    this.#nextProgressMs = options.progressEveryMs ?? 250;
  }

  get elapsedMs(): number {
    return performance.now() - this.#started;
  }

  /** False when the search must stop. */
  goOn(bytes: number, progress: () => Omit<Progress, "elapsedMs">): boolean {
    const { timeoutMs, memoryBytes, signal, onProgress, progressEveryMs } = this.#options;
    const elapsedMs = this.elapsedMs;
    if (timeoutMs !== undefined && elapsedMs > timeoutMs) this.reason = "timeout";
    else if (bytes > (memoryBytes ?? MEMORY_DEFAULT)) this.reason = "memory";
    else if (signal?.aborted === true) this.reason = "cancelled";
    else if (onProgress !== undefined && elapsedMs >= this.#nextProgressMs) {
      this.#nextProgressMs = elapsedMs + (progressEveryMs ?? 250);
      if (onProgress({ elapsedMs, ...progress() }) === false) this.reason = "cancelled";
    }
    return this.reason === undefined;
  }
}

function partitionsOf<S, I, O>(
  model: Model<S, I, O>,
  operations: readonly Operation<I, O>[],
): readonly Partition[] {
  if (model.partition !== undefined) return model.partition(operations);
  return [{ key: "", operations: operations.map((_, index) => index) }];
}

function pick<T>(items: readonly T[], indexes: readonly number[]): T[] {
  return indexes.flatMap((index) => {
    const item = items[index];
    return item === undefined ? [] : [item];
  });
}

/** Follows an order through the model; a nondeterministic model is followed as a set of states. */
function follow<S, I, O>(
  model: Model<S, I, O>,
  operations: readonly Operation<I, O>[],
  order: readonly number[],
): PartialLinearization {
  let states: S[] = [model.init()];
  const described: string[] = [];
  for (const { input, output } of pick(operations, order)) {
    const after = states.flatMap((state): readonly S[] => {
      if (model.steps !== undefined) return model.steps(state, input, output);
      const one = model.step(state, input, output);
      return one === undefined ? [] : [one];
    });
    states = after.filter((state, at) => {
      const same = (other: S) => model.equal?.(other, state) ?? Object.is(other, state);
      return after.findIndex(same) === at;
    });
    described.push(states.map((state) => describeState(model, state)).join(" or "));
  }
  return { order, states: described };
}

function resultOf<S, I, O>(
  model: Model<S, I, O>,
  operations: readonly Operation<I, O>[],
  { key, operations: members }: Partition,
  search: Search<S, I, O>,
): PartitionResult {
  const verdict = search.status === "running" ? "unknown" : search.status;
  const orders = search.orders.map((order) => pick(members, order));
  const blocked = members[search.blockedBy];
  const window =
    verdict === "illegal" && blocked !== undefined
      ? windowOf(model, operations, members, blocked, search)
      : undefined;
  return {
    key,
    operations: members,
    verdict,
    linearizations: orders.map((order) => follow(model, operations, order)),
    configurations: search.configurations,
    states: search.table.size,
    ...(window === undefined ? {} : { window }),
  };
}

function sentenceOf<S, I, O>(
  model: Model<S, I, O>,
  operations: readonly Operation<I, O>[],
  verdict: Verdict,
  reason: CheckResult["reason"],
  partitions: readonly PartitionResult[],
): string {
  if (verdict === "ok") {
    return `linearizable: ${operations.length} operations in ${partitions.length} partition(s)`;
  }
  if (verdict === "unknown") return `unknown: stopped by ${reason ?? "the budget"}`;
  const bad = partitions.find((one) => one.verdict === "illegal");
  const blocked = bad?.window === undefined ? undefined : operations[bad.window.blocked];
  if (bad === undefined || blocked === undefined) return "not linearizable";
  const longest = bad.linearizations[0];
  const state = longest?.states.at(-1) ?? describeState(model, model.init());
  const where = bad.key === "" ? "" : ` of partition ${bad.key}`;
  return (
    `not linearizable: no order${where} explains ${describeOperation(model, blocked)} by process ` +
    `${blocked.process}; the longest order places ${longest?.order.length ?? 0} of ` +
    `${bad.operations.length} operations and ends in state ${state}`
  );
}

/** The work of a check as a generator: it yields between slices, so a caller can wait or stop. */
function* searching<S, I, O>(
  model: Model<S, I, O>,
  operations: readonly Operation<I, O>[],
  options: CheckOptions,
): Generator<undefined, CheckResult> {
  const budget = new Budget(options);
  const parts = partitionsOf(model, operations);
  const results: PartitionResult[] = [];
  for (const [at, part] of parts.entries()) {
    const search = new Search(model, pick(operations, part.operations));
    const progress = () => ({
      partition: at,
      partitions: parts.length,
      configurations: search.configurations,
      states: search.table.size,
      placed: search.deepest,
      operations: part.operations.length,
    });
    while (search.run(STEPS_PER_SLICE) === "running") {
      if (!budget.goOn(search.bytes, progress)) break;
      yield;
    }
    results.push(resultOf(model, operations, part, search));
    if (budget.reason !== undefined) break;
    if (search.status === "illegal" && options.allPartitions !== true) break;
  }
  const illegal = results.some((one) => one.verdict === "illegal");
  const verdict = illegal ? "illegal" : budget.reason === undefined ? "ok" : "unknown";
  return {
    verdict,
    ...(budget.reason === undefined ? {} : { reason: budget.reason }),
    partitions: results,
    elapsedMs: budget.elapsedMs,
    sentence: sentenceOf(model, operations, verdict, budget.reason, results),
  };
}

/** Checks operations given with the times of their calls and returns. */
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
export function operationsOfEvents<I, O>(events: readonly CheckEvent<I, O>[]): Operation<I, O>[] {
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
