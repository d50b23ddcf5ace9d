// Priority-queue histories, plain and leased, as lives for `checkLives`. Exact wherever the input is
// decided (no pop of unknown outcome, no refused settle); elsewhere it raises no false alarm and may
// miss, which the result says.
import type {
  LeasedQueueInput,
  LeasedQueueOutput,
  PriorityMode,
  PriorityQueueInput,
  PriorityQueueOutput,
} from "../model/priority-queue.js";
import type { Operation } from "../search/model.js";
import { requireTimes } from "../search/times.js";
import type { Life, LivesFault, Window } from "./priority-lives.js";
import { checkLives } from "./priority-lives.js";

export interface MonitorResult {
  readonly verdict: "ok" | "illegal";
  /** False when "ok" means only that nothing was found. */
  readonly exact: boolean;
  /** What is wrong, in words. */
  readonly sentence?: string;
  /** Indexes of the operations that prove it. */
  readonly operations?: readonly number[];
}

type AnyInput = PriorityQueueInput | LeasedQueueInput;
type AnyOutput = PriorityQueueOutput | LeasedQueueOutput;
type AnyOperation = Operation<AnyInput, AnyOutput>;

interface Item {
  readonly id: string;
  push: number;
  /** Pops by fence - 1 (plain queues: only the first). */
  readonly pops: number[];
  /** Ends of leases: operation indexes. */
  readonly settles: number[];
}

class Wrong extends Error {
  readonly operations: readonly number[];

  constructor(sentence: string, operations: readonly number[]) {
    super(sentence);
    this.operations = operations;
  }
}

/** Sorts operations into items, refusing what no queue can do whatever the order. */
class Items {
  readonly byId = new Map<string, Item>();
  readonly empties: number[] = [];
  readonly open: number[] = [];
  refusals = 0;

  constructor(operations: readonly AnyOperation[]) {
    operations.forEach((operation, index) => {
      this.#add(operation, index);
    });
  }

  item(id: string): Item {
    let item = this.byId.get(id);
    if (item === undefined) this.byId.set(id, (item = { id, push: -1, pops: [], settles: [] }));
    return item;
  }

  #add({ input, output }: AnyOperation, index: number): void {
    if (input.f === "push") {
      const item = this.item(input.id);
      if (item.push >= 0) throw new Wrong(`${input.id} was pushed twice`, [item.push, index]);
      item.push = index;
    } else if (input.f === "pop") {
      if (output === undefined) this.open.push(index);
      else if (output === null) this.empties.push(index);
      else if (typeof output === "object") this.#addPop(output, index);
    } else if (output === false) {
      this.refusals += 1;
    } else {
      this.item(input.id).settles.push(index);
    }
  }

  #addPop(output: { readonly id: string; readonly fence?: number }, index: number): void {
    const { pops } = this.item(output.id);
    const at = (output.fence ?? 1) - 1;
    const other = pops[at];
    if (other !== undefined) {
      const fence = output.fence === undefined ? "" : ` with fence ${output.fence}`;
      throw new Wrong(`${output.id} was popped twice${fence}`, [other, index]);
    }
    pops[at] = index;
  }
}

interface Origin {
  readonly insert: number;
  readonly remove: number;
  readonly used: number;
}

class LivesBuilder {
  readonly lives: Life[] = [];
  /** Per life: the operations that put it in, took it out, and used its lease; -1 for none. */
  readonly origins: Origin[] = [];
  readonly #operations: readonly AnyOperation[];
  readonly #ranks: ReadonlyMap<bigint, number>;
  readonly #anyOpen: boolean;

  constructor(operations: readonly AnyOperation[], mode: PriorityMode, anyOpen: boolean) {
    this.#operations = operations;
    this.#ranks = rankPriorities(operations, mode);
    this.#anyOpen = anyOpen;
  }

  add(item: Item): void {
    const push = this.#operations[item.push];
    const done = item.settles.filter((index) => this.#operations[index]?.output === true);
    const used = item.pops.concat(done).filter((index) => index !== undefined);
    if (push?.input.f !== "push") {
      if (used.length === 0) return;
      throw new Wrong(`${item.id} was popped but never pushed`, used);
    }
    if (used.length === 0 && push.ret === Infinity) return;
    for (const index of done) {
      const fence = this.#fenceOf(index);
      if (item.pops[fence - 1] !== undefined || this.#anyOpen) continue;
      throw new Wrong(`fence ${fence} of ${item.id} was used but never granted`, [index]);
    }
    const rank = this.#ranks.get(push.input.priority) ?? 0;
    this.#addLife(item, rank, item.push, 0, undefined);
  }

  /** The life that ends with the grant of fence `nth` + 1, then the ones after it. */
  #addLife(
    item: Item,
    rank: number,
    insertedBy: number,
    nth: number,
    after: number | undefined,
  ): void {
    let insert = insertedBy;
    let before = after;
    for (let fence = nth; ; fence += 1) {
      const pop = item.pops[fence];
      if (pop === undefined && item.pops.length > fence) {
        // Somebody unseen was granted this fence.
        if (!this.#anyOpen)
          throw new Wrong(
            `${item.id}: fence ${fence + 1} was skipped`,
            item.pops.filter(Number.isInteger),
          );
        return;
      }
      const { end, deadline, used } = this.#endOfLease(item, fence + 1, pop);
      this.#push({ insert, remove: pop ?? -1, used }, rank, before, deadline);
      if (pop === undefined || end === undefined) return;
      before = this.lives.length - 1;
      insert = end;
    }
  }

  #fenceOf(settle: number): number {
    const input = this.#operations[settle]?.input;
    return input !== undefined && "fence" in input ? input.fence : 0;
  }

  #push(origin: Origin, rank: number, after: number | undefined, deadline: number): void {
    const inserted = this.#operations[origin.insert];
    const removed = this.#operations[origin.remove];
    if (inserted === undefined) return;
    this.origins.push(origin);
    this.lives.push({
      rank,
      insert: inserted,
      ...(removed === undefined ? {} : { remove: removed }),
      ...(after === undefined ? {} : { after }),
      ...(deadline === Infinity ? {} : { removedBefore: deadline }),
    });
  }

  /**
   * How the lease with this fence ended: the operation that put the item back (undefined: none), and
   * the time by which the grant must have happened because the lease was used.
   */
  #endOfLease(
    item: Item,
    fence: number,
    pop: number | undefined,
  ): { end: number | undefined; deadline: number; used: number } {
    const settles = item.settles.filter((index) => this.#fenceOf(index) === fence);
    const done = settles.filter((index) => this.#operations[index]?.output === true);
    const [first, second] = done;
    if (first !== undefined && second !== undefined) {
      throw new Wrong(`the lease of ${item.id} with fence ${fence} ended twice`, [first, second]);
    }
    const next = item.pops[fence];
    const isAck = (index: number) => this.#operations[index]?.input.f === "ack";
    const deadline = first === undefined ? Infinity : (this.#operations[first]?.ret ?? Infinity);
    const used = first ?? -1;
    if (first !== undefined && isAck(first)) {
      if (item.pops.length > fence) {
        throw new Wrong(`${item.id} was granted after its ack`, [first, next ?? first]);
      }
      return { end: undefined, deadline, used };
    }
    if (first !== undefined) return { end: first, deadline, used };
    const maybe = settles.filter((index) => !isAck(index));
    maybe.sort((a, b) => (this.#operations[a]?.call ?? 0) - (this.#operations[b]?.call ?? 0));
    if (item.pops.length <= fence) return { end: undefined, deadline, used };
    if (maybe[0] === undefined) {
      throw new Wrong(
        `${item.id} was granted with fence ${fence + 1} while the lease with fence ${fence} was live`,
        [pop ?? item.push, next ?? item.push],
      );
    }
    return { end: maybe[0], deadline, used };
  }
}

/** 64-bit integers sort natively, several times faster than with a comparator. */
function sortIntegers(values: bigint[]): bigint[] {
  if (values.every((value) => BigInt.asIntN(64, value) === value)) {
    return [...BigInt64Array.from(values).sort()];
  }
  return values.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

function rankPriorities(
  operations: readonly AnyOperation[],
  mode: PriorityMode,
): Map<bigint, number> {
  const distinct = new Set<bigint>();
  for (const { input } of operations) if (input.f === "push") distinct.add(input.priority);
  const sorted = sortIntegers([...distinct]);
  if (mode === "MAX") sorted.reverse();
  return new Map(sorted.map((priority, rank) => [priority, rank]));
}

function windows(operations: readonly AnyOperation[], indexes: readonly number[]): Window[] {
  return indexes.flatMap((index) => operations[index] ?? []);
}

function faultResult(
  operations: readonly AnyOperation[],
  builder: LivesBuilder,
  { empties, open }: Items,
  fault: LivesFault,
  exact: boolean,
): MonitorResult {
  const accused = builder.origins[fault.life];
  const better = fault.blockers.flatMap((life) => builder.origins[life] ?? []);
  const name = (index: number | undefined): string => {
    const input = operations[index ?? -1]?.input;
    return input !== undefined && "id" in input ? input.id : "an item";
  };
  const shown = better.slice(0, 3).map(({ insert }) => name(insert));
  const stood = `${shown.join(", ")}${better.length > 3 ? " and others" : ""}`;
  const what =
    accused === undefined ? "a pop answered empty" : `${name(accused.insert)} was popped`;
  const removal = accused?.remove ?? empties[fault.empty] ?? -1;
  // Pops nobody saw the end of may each have taken one of the better items, but not all of them.
  const latest = operations[removal]?.ret ?? Infinity;
  const lost = open.filter((index) => (operations[index]?.call ?? Infinity) < latest);
  const despite = lost.length === 0 ? "" : `, and ${lost.length} unanswered pop(s) took too few`;
  const why =
    better.length === 0
      ? "it cannot have been there"
      : `${stood} stood before it all the time${despite}`;
  const proof = [accused?.insert ?? -1, removal, accused?.used ?? -1];
  for (const { insert, remove } of better) proof.push(insert, remove);
  if (better.length > 0) proof.push(...lost);
  return {
    verdict: "illegal",
    exact,
    sentence: `${what} although ${why}`,
    operations: [...new Set(proof)].filter((index) => index >= 0),
  };
}

function monitor(operations: readonly AnyOperation[], mode: PriorityMode): MonitorResult {
  let exact = true;
  requireTimes(operations);
  try {
    const items = new Items(operations);
    exact = items.open.length === 0 && items.refusals === 0;
    const builder = new LivesBuilder(operations, mode, items.open.length > 0);
    for (const item of items.byId.values()) builder.add(item);
    const fault = checkLives({
      lives: builder.lives,
      empties: windows(operations, items.empties),
      openRemovals: items.open.map((index) => operations[index]?.call ?? 0),
    });
    if (fault === undefined) return { verdict: "ok", exact };
    return faultResult(operations, builder, items, fault, exact);
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    return { verdict: "illegal", exact, sentence: error.message, operations: error.operations };
  }
}

/** A plain priority queue in O(n log n). */
export function monitorPriorityQueue(
  operations: readonly Operation<PriorityQueueInput, PriorityQueueOutput>[],
  mode: PriorityMode = "MIN",
): MonitorResult {
  return monitor(operations, mode);
}

/** A leased priority queue in O(n log n). Refused settles are not judged. */
export function monitorLeasedPriorityQueue(
  operations: readonly Operation<LeasedQueueInput, LeasedQueueOutput>[],
  mode: PriorityMode = "MIN",
): MonitorResult {
  return monitor(operations, mode);
}
