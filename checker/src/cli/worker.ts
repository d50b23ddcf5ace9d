// One worker thread of `checkInWorkers`: takes a partition, answers with its result.
import { parentPort } from "node:worker_threads";
import { historyModel } from "../model/history-model.js";
import { checkOperations } from "../search/check.js";
import type { Task } from "./pool.js";

parentPort?.on("message", ({ model: name, operations, ...bounds }: Task) => {
  const known = historyModel(name);
  if (known === undefined) throw new RangeError(`no model ${name}`);
  // The partition is complete in itself: it is searched as one.
  const model = { ...known.model };
  delete model.partition;
  parentPort?.postMessage(checkOperations(model, operations, bounds));
});
