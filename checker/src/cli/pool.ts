// Checks partitions in worker threads. A model holds functions and cannot be sent, so a worker gets
// the model's name and the recorded operations of whole partitions and builds the rest itself. Each
// searches its partitions in turns, and the first that finds an illegal one stops all others through
// a shared flag.
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { MEMORY_BYTES_DEFAULT, partitionsOf } from "../search/check.js";
import { easiestFirst } from "../search/difficulty.js";
import type { Model, Operation, Partition } from "../search/model.js";
import type { CheckResult, PartitionResult } from "../search/result.js";
import { conclude, pick } from "../search/result.js";

export interface PoolOptions {
  readonly model: string;
  readonly workers?: number;
  readonly timeoutMs?: number;
  /** Shared by all workers. */
  readonly memoryBytes?: number;
}

/** The partitions of one worker; times are kept, so the answer speaks of the same moments. */
export interface Task {
  readonly model: string;
  readonly operations: readonly Operation<unknown, unknown>[];
  /** Their operations are places in `operations` above. */
  readonly parts: readonly Partition[];
  /** Its one element is not 0 when all are to stop. */
  readonly stop: Int32Array<SharedArrayBuffer>;
  readonly timeoutMs?: number;
  readonly memoryBytes: number;
}

/** What a worker answers; its partitions and operations are numbered by its task. */
export type Answer = Pick<CheckResult, "partitions" | "steps">;

/** A worker's share of the history, with the numbers by which the caller knows it. */
interface Share {
  readonly parts: readonly Partition[];
  /** The caller's index per operation of the task. */
  readonly members: readonly number[];
}

/** Deals the partitions out like cards, easiest first, so that all get as many hard ones. */
function deal(parts: readonly Partition[], order: readonly number[], count: number): Share[] {
  return Array.from({ length: count }, (_, worker) => {
    const hand = pick(
      parts,
      order.filter((_at, place) => place % count === worker),
    );
    return { parts: hand, members: hand.flatMap(({ operations }) => operations) };
  });
}

/** The partitions of a share with their operations numbered from 0. */
function renumbered({ parts }: Share): Partition[] {
  let next = 0;
  return parts.map(({ key, operations }) => ({ key, operations: operations.map(() => next++) }));
}

function runTask(worker: Worker, task: Task): Promise<Answer> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.postMessage(task);
  });
}

/** The worker numbered the operations of its task; these are the caller's numbers. */
function renumber({ members }: Share, found: PartitionResult): PartitionResult {
  const outer = (index: number): number => members[index] ?? -1;
  const { window } = found;
  return {
    ...found,
    operations: found.operations.map(outer),
    linearizations: found.linearizations.map((one) => ({ ...one, order: one.order.map(outer) })),
    ...(window === undefined
      ? {}
      : {
          window: {
            ...window,
            blocked: outer(window.blocked),
            operations: window.operations.map(outer),
          },
        }),
  };
}

/** In the caller's order, without those that only stopped because one was illegal. */
function inOrder(
  results: readonly PartitionResult[],
  parts: readonly Partition[],
): PartitionResult[] {
  // By first operation: two keys may have the same name, but no operation is in two partitions.
  const places = new Map(parts.map(({ operations }, at) => [operations[0], at]));
  const placeOf = ({ operations }: PartitionResult): number => places.get(operations[0]) ?? 0;
  const illegal = results.some(({ verdict }) => verdict === "illegal");
  const kept = results.filter(({ reason }) => !(illegal && reason === "cancelled"));
  return kept.sort((a, b) => placeOf(a) - placeOf(b));
}

/**
 * Checks with several threads. `options.model` is the name `model` has in the command line. When
 * several partitions are illegal, the one reported is whichever a thread found first.
 */
export async function checkInWorkers(
  model: Model<unknown, unknown, unknown>,
  operations: readonly Operation<unknown, unknown>[],
  options: PoolOptions,
): Promise<CheckResult> {
  const started = performance.now();
  const parts = partitionsOf(model, operations);
  const { timeoutMs, memoryBytes = MEMORY_BYTES_DEFAULT } = options;
  const count = Math.min(options.workers ?? availableParallelism(), Math.max(1, parts.length));
  const stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const work = async (share: Share): Promise<Answer> => {
    const worker = new Worker(new URL("./worker.js", import.meta.url));
    try {
      const { partitions, steps } = await runTask(worker, {
        model: options.model,
        operations: pick(operations, share.members),
        parts: renumbered(share),
        stop,
        memoryBytes: memoryBytes / count,
        ...(timeoutMs === undefined
          ? {}
          : { timeoutMs: timeoutMs - (performance.now() - started) }),
      });
      return { partitions: partitions.map((one) => renumber(share, one)), steps };
    } catch (error) {
      Atomics.store(stop, 0, 1);
      throw error;
    } finally {
      await worker.terminate();
    }
  };
  const shares = deal(parts, easiestFirst(model, operations, parts), count);
  const answers = await Promise.all(shares.map(work));
  const results = inOrder(
    answers.flatMap(({ partitions }) => partitions),
    parts,
  );
  return {
    ...conclude(model, operations, results, { timeoutMs, memoryBytes, workers: count }),
    steps: answers.reduce((sum, { steps }) => sum + steps, 0),
    elapsedMs: performance.now() - started,
  };
}
