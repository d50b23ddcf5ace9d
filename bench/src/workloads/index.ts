// All workloads, in the order they run.

import { frames } from "../frames/workload.js";
import { limit } from "../limit/workload.js";
import { apply } from "./apply.js";
import { core } from "./core.js";
import { cycle } from "./cycle.js";
import { drain } from "./drain.js";
import { echo } from "./echo.js";
import { endToEnd } from "./end-to-end.js";
import { failover } from "./failover.js";
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
  frames,
  ...apply,
  ...core,
  stack,
  open,
  ...[1, 64, 256].flatMap((window) => [echo(window), unary(window)]),
  ...[1, 64, 256].map(limit),
  ...endToEnd,
  ...cycle,
  ...drain,
  failover,
  memory,
  ...memoryRestart,
];
