// Checks partitions in worker threads. A model holds functions and cannot be sent, so a worker gets
// the model's name and the recorded operations of whole partitions and builds the rest itself.
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { CheckResult, PartitionResult, Verdict } from "../search/check.js";
import type { Model, Operation, Partition } from "../search/model.js";

export interface PoolOptions {
  readonly model: string;
  readonly workers?: number;
  readonly timeoutMs?: number;
  readonly memoryBytes?: number;
}

/** One partition for a worker; times are kept, so the answer speaks of the same moments. */
export interface Task {
  readonly model: string;
  readonly operations: readonly Operation<unknown, unknown>[];
  readonly timeoutMs?: number;
  readonly memoryBytes?: number;
}

function pick<T>(items: readonly T[], indexes: readonly number[]): T[] {
  return indexes.flatMap((index) => {
    const item = items[index];
    return item === undefined ? [] : [item];
  });
}

function runTask(worker: Worker, task: Task): Promise<CheckResult> {
  return new Promise((resolve, reject) => {
    const done = (result: CheckResult): void => {
      worker.off("error", failed);
      resolve(result);
    };
    const failed = (error: Error): void => {
      worker.off("message", done);
      reject(error);
    };
    worker.once("message", done);
    worker.once("error", failed);
    worker.postMessage(task);
  });
}

/** The worker numbered the operations of its partition; these are the caller's numbers. */
function renumber(part: Partition, result: CheckResult): PartitionResult {
  const [found] = result.partitions;
  const outer = (index: number): number => part.operations[index] ?? -1;
  if (found === undefined) throw new RangeError("a worker answered without a result");
  const { window } = found;
  return {
    ...found,
    key: part.key,
    operations: part.operations,
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

function combine(results: readonly PartitionResult[], reason: CheckResult["reason"]): Verdict {
  if (results.some((one) => one.verdict === "illegal")) return "illegal";
  return reason === undefined ? "ok" : "unknown";
}

/** Checks with several threads. `options.model` is the name `model` has in the command line. */
export async function checkInWorkers(
  model: Model<unknown, unknown, unknown>,
  operations: readonly Operation<unknown, unknown>[],
  options: PoolOptions,
): Promise<CheckResult> {
  const started = performance.now();
  const whole = [{ key: "", operations: operations.map((_, index) => index) }];
  const parts = [...(model.partition?.(operations) ?? whole)];
  // The largest first: otherwise one thread may end up alone with it.
  parts.sort((a, b) => b.operations.length - a.operations.length);
  const count = Math.min(options.workers ?? availableParallelism(), Math.max(1, parts.length));
  const results: PartitionResult[] = [];
  const sentences: string[] = [];
  let reason: CheckResult["reason"];
  let stop = false;
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL("./worker.js", import.meta.url));
    try {
      for (let part = parts.shift(); part !== undefined && !stop; part = parts.shift()) {
        const left = (options.timeoutMs ?? Infinity) - (performance.now() - started);
        const task = { model: options.model, operations: pick(operations, part.operations) };
        const memory = (options.memoryBytes ?? 400_000_000) / count;
        const bounds = {
          memoryBytes: memory,
          ...(Number.isFinite(left) ? { timeoutMs: left } : {}),
        };
        const result = await runTask(worker, { ...task, ...bounds });
        results.push(renumber(part, result));
        sentences.push(result.sentence);
        reason ??= result.reason;
        if (result.verdict !== "ok") stop = true;
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: count }, work));
  const verdict = combine(results, reason);
  const shown = results.findIndex((one) => one.verdict === verdict);
  return {
    verdict,
    ...(reason === undefined ? {} : { reason }),
    partitions: results,
    elapsedMs: performance.now() - started,
    sentence:
      verdict === "ok"
        ? `linearizable: ${operations.length} operations in ${results.length} partition(s)`
        : (sentences[shown] ?? verdict),
  };
}
