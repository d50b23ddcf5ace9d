// What a phase of load cost, per message: differences of two readings of every process.

import type { NodeUsage } from "./measured-node.js";
import type { ProcessUsage } from "./process-usage.js";

export interface Reading {
  readonly nodes: readonly NodeUsage[];
  readonly client: ProcessUsage;
}

export interface Cost {
  /** CPU seconds per million messages. */
  readonly nodesCpu: number;
  readonly clientCpu: number;
  readonly perNodeCpu: readonly number[];
  /** All nodes together: three copies of everything. */
  readonly syncsPerMessage: number;
  readonly writtenBytesPerMessage: number;
  readonly turnsPerMessage: number;
  readonly framesPerMessage: number;
}

export function costOf(before: Reading, after: Reading, messages: number): Cost {
  const per = (total: number): number => (messages === 0 ? 0 : total / messages);
  const grown = (field: keyof NodeUsage): number[] =>
    after.nodes.map((node, i) => node[field] - (before.nodes[i]?.[field] ?? 0));
  // Milliseconds per message times a thousand: seconds per million messages.
  const perNodeCpu = grown("cpuMs").map((ms) => per(ms) * 1000);
  return {
    nodesCpu: sum(perNodeCpu),
    clientCpu: per(after.client.cpuMs - before.client.cpuMs) * 1000,
    perNodeCpu,
    syncsPerMessage: per(sum(grown("syncs"))),
    writtenBytesPerMessage: per(sum(grown("writtenBytes"))),
    turnsPerMessage: per(sum(grown("turns"))),
    framesPerMessage: per(sum(grown("frames"))),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
