// What a check answers: a result per partition, the verdict over all of them, and the sentence that
// says it.
import type { Model, Operation, Partition } from "./model.js";
import { describeOperation, describeState } from "./model.js";
import type { Search } from "./search.js";
import type { IllegalWindow } from "./window.js";
import { windowOf } from "./window.js";

export type { IllegalWindow } from "./window.js";

export type Verdict = "ok" | "illegal" | "unknown";

/** The budget that ran out before there was a verdict. */
export type GiveUpReason = "timeout" | "memory" | "cancelled";

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
  /** Why there is no verdict, when it is "unknown". */
  readonly reason?: GiveUpReason;
  /** The whole order when ok, the longest ones tried otherwise. */
  readonly linearizations: readonly PartialLinearization[];
  readonly window?: IllegalWindow;
  readonly configurations: number;
  readonly states: number;
  /** Placements tried so far: the measure of a search that no clock changes. */
  readonly steps: number;
}

export interface CheckResult {
  readonly verdict: Verdict;
  /** The budget that ran out, when one did for some partition. */
  readonly reason?: GiveUpReason;
  /**
   * In the order of the model's partition: those with a verdict, and those for which a budget ran
   * out. The first illegal one ends the search, and those that it left unfinished are not listed.
   */
  readonly partitions: readonly PartitionResult[];
  /** Placements tried in all partitions together, the unfinished ones too. */
  readonly steps: number;
  readonly elapsedMs: number;
  /** The verdict in a sentence. */
  readonly sentence: string;
}

/** The bounds of a check, for the sentence. */
export interface Bounds {
  readonly timeoutMs?: number | undefined;
  readonly memoryBytes: number;
  /** Threads that share the memory. */
  readonly workers?: number;
}

export function pick<T>(items: readonly T[], indexes: readonly number[]): T[] {
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

/** What a search found out about its partition; without a verdict, `reason` says why. */
export function resultOf<S, I, O>(
  model: Model<S, I, O>,
  operations: readonly Operation<I, O>[],
  { key, operations: members }: Partition,
  search: Search<S, I, O>,
  steps: number,
  reason?: GiveUpReason,
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
    ...(reason === undefined ? {} : { reason }),
    linearizations: orders.map((order) => follow(model, operations, order)),
    configurations: search.configurations,
    states: search.table.size,
    steps,
    ...(window === undefined ? {} : { window }),
  };
}

/** The result of a partition that holds no search when its budget runs out. */
export function untouched(
  { key, operations }: Partition,
  steps: number,
  reason: GiveUpReason,
): PartitionResult {
  const nothing = { linearizations: [], configurations: 0, states: 0 };
  return { key, operations, verdict: "unknown", reason, ...nothing, steps };
}

const KEYS_SHOWN_MAX = 5;

function named(parts: readonly PartitionResult[]): string {
  const shown = parts.slice(0, KEYS_SHOWN_MAX).map(({ key, steps }) => `${key} (${steps} steps)`);
  const more = parts.length - shown.length;
  const only = parts[0];
  if (parts.length === 1 && only?.key === "") return `after ${only.steps} steps`;
  return `in partition ${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function stoppedBy(reason: GiveUpReason, { timeoutMs, memoryBytes, workers = 1 }: Bounds): string {
  if (reason === "cancelled") return "cancelled";
  if (reason === "timeout") return `stopped by timeout (${(timeoutMs ?? 0) / 1000} s)`;
  const shared = workers > 1 ? `, shared by ${workers} workers` : "";
  return `stopped by memory (${memoryBytes / 1e6} MB${shared})`;
}

function unknownSentence(parts: readonly PartitionResult[], bounds: Bounds): string {
  const reasons: readonly GiveUpReason[] = ["memory", "timeout", "cancelled"];
  const stops = reasons.flatMap((reason) => {
    const stopped = parts.filter((part) => part.reason === reason);
    return stopped.length === 0 ? [] : [`${stoppedBy(reason, bounds)} ${named(stopped)}`];
  });
  const good = parts.filter(({ verdict }) => verdict === "ok").length;
  if (parts.length > 1) stops.push(`${good} of ${parts.length} partitions are linearizable`);
  return `unknown: ${stops.join("; ")}`;
}

function illegalSentence<S, I, O>(
  model: Model<S, I, O>,
  operations: readonly Operation<I, O>[],
  bad: PartitionResult,
): string {
  const blocked = bad.window === undefined ? undefined : operations[bad.window.blocked];
  if (blocked === undefined) return "not linearizable";
  const longest = bad.linearizations[0];
  const state = longest?.states.at(-1) ?? describeState(model, model.init());
  const where = bad.key === "" ? "" : ` of partition ${bad.key}`;
  return (
    `not linearizable: no order${where} explains ${describeOperation(model, blocked)} by process ` +
    `${blocked.process}; the longest order places ${longest?.order.length ?? 0} of ` +
    `${bad.operations.length} operations and ends in state ${state}`
  );
}

/** The verdict over all partitions. One illegal partition makes the whole history illegal. */
export function conclude<S, I, O>(
  model: Model<S, I, O>,
  operations: readonly Operation<I, O>[],
  partitions: readonly PartitionResult[],
  bounds: Bounds,
): Pick<CheckResult, "verdict" | "reason" | "partitions" | "sentence"> {
  const bad = partitions.find(({ verdict }) => verdict === "illegal");
  const reason = partitions.find((part) => part.reason !== undefined)?.reason;
  const verdict = bad !== undefined ? "illegal" : reason === undefined ? "ok" : "unknown";
  const sentence = {
    ok: () => `linearizable: ${operations.length} operations in ${partitions.length} partition(s)`,
    illegal: () => (bad === undefined ? "" : illegalSentence(model, operations, bad)),
    unknown: () => unknownSentence(partitions, bounds),
  }[verdict]();
  return { verdict, ...(reason === undefined ? {} : { reason }), partitions, sentence };
}
