// The counters of a partition, in the order in which they travel: append only.

import type { Counts } from "./api.js";

export const COUNT_NAMES = [
  "totalMessages",
  "inflightMessages",
  "dlqMessages",
  "totalEnqueues",
  "totalPops",
  "totalAcks",
  "totalNacks",
  "totalRetries",
  "totalTimeouts",
] as const satisfies readonly (keyof Counts)[];

export function emptyCounts(): Counts {
  return {
    totalMessages: 0,
    inflightMessages: 0,
    dlqMessages: 0,
    totalEnqueues: 0,
    totalPops: 0,
    totalAcks: 0,
    totalNacks: 0,
    totalRetries: 0,
    totalTimeouts: 0,
  };
}

export function addCounts(into: Counts, from: Counts): void {
  for (const name of COUNT_NAMES) into[name] += from[name];
}
