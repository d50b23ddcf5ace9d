// All workloads, in the order they run.

import { core } from "./core.js";
import { endToEnd } from "./end-to-end.js";
import { enqueueOnly } from "./enqueue.js";
import { generator } from "./generator.js";
import { memory } from "./memory.js";
import { memoryRestart } from "./memory-restart.js";
import { open } from "./open.js";
import { wakeUps } from "./wake-ups.js";
import { stack } from "./stack.js";
import type { Workload } from "./workload.js";

export const WORKLOADS: readonly Workload[] = [
  wakeUps,
  generator,
  core,
  stack,
  open,
  enqueueOnly(1),
  enqueueOnly(64),
  enqueueOnly(256),
  endToEnd(1),
  endToEnd(64),
  endToEnd(256),
  memory,
  ...memoryRestart,
];
