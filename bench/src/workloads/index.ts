// All workloads, in the order they run.

import { limit } from "../limit/workload.js";
import { core } from "./core.js";
import { echo } from "./echo.js";
import { endToEnd } from "./end-to-end.js";
import { generator } from "./generator.js";
import { memory } from "./memory.js";
import { memoryRestart } from "./memory-restart.js";
import { open } from "./open.js";
import { stack } from "./stack.js";
import { unary } from "./unary.js";
import { wakeUps } from "./wake-ups.js";
import type { Workload } from "./workload.js";

export const WORKLOADS: readonly Workload[] = [
  wakeUps,
  generator,
  ...core,
  stack,
  open,
  ...[1, 64, 256].flatMap((window) => [echo(window), unary(window)]),
  ...[1, 64, 256].map(limit),
  ...endToEnd,
  memory,
  memoryRestart,
];
