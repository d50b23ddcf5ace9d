// One worker thread of `checkInWorkers`: takes its partitions, answers with their results.
import { parentPort } from "node:worker_threads";
import { historyModel } from "../model/history-model.js";
import { checkOperations } from "../search/check.js";
import type { Answer, Task } from "./pool.js";

function answer({ model: name, operations, parts, stop, ...bounds }: Task): Answer {
  const known = historyModel(name);
  if (known === undefined) throw new RangeError(`no model ${name}`);
  const signal = {
    get aborted(): boolean {
      return Atomics.load(stop, 0) !== 0;
    },
  };
  const model = { ...known.model, partition: () => parts };
  const { partitions, steps } = checkOperations(model, operations, { ...bounds, signal });
  // Set here and not only when the answer arrives: the others need not search meanwhile.
  if (partitions.some(({ verdict }) => verdict === "illegal")) Atomics.store(stop, 0, 1);
  return { partitions, steps };
}

parentPort?.on("message", (task: Task) => {
  parentPort?.postMessage(answer(task));
});
