// What a phase of load cost, per message: differences of two readings of every process.

import type { ProcessUsage } from "./process-usage.js";

/** What a server says of itself, or the system of it. What is not known is left out. */
export interface ServerUsage extends Partial<ProcessUsage> {
  readonly name?: string;
  readonly cpuMs: number;
  /** Batches written to the store, each with one sync. */
  readonly syncs?: number;
  /** Bytes of keys and values in them; of a foreign server, bytes given to the disk. */
  readonly writtenBytes?: number;
  /** Rounds of the server's loop. */
  readonly turns?: number;
  /** Frames sent to other servers. */
  readonly frames?: number;
  /** Entries of the replicated log that were applied. */
  readonly entries?: number;
}

export interface Reading {
  readonly nodes: readonly ServerUsage[];
  readonly client: ProcessUsage;
}

/** CPU microseconds a message (which is also CPU seconds a million messages). Undefined: not known. */
export interface Cost {
  readonly nodesCpu: number;
  readonly clientCpu: number;
  readonly byProcess: readonly { readonly name: string; readonly cpu: number }[];
  /** All servers together: three copies of everything. */
  readonly syncsPerMessage: number | undefined;
  readonly writtenBytesPerMessage: number | undefined;
  readonly turnsPerMessage: number | undefined;
  readonly framesPerMessage: number | undefined;
  /** Per replica, so that three copies of an entry are one. */
  readonly messagesPerEntry: number | undefined;
  /** Bytes on the heaps of the servers that the collector found dead. */
  readonly garbagePerMessage: number | undefined;
  /** Of the servers' CPU, and of the client's. */
  readonly gcShare: number | undefined;
  readonly clientGcShare: number;
}

export function costOf(before: Reading, after: Reading, messages: number): Cost {
  const per = (total: number | undefined): number | undefined => {
    if (total === undefined) return undefined;
    return messages === 0 ? 0 : total / messages;
  };
  const us = (ms: number): number => (messages === 0 ? 0 : (ms / messages) * 1000);
  const grown = (field: keyof ServerUsage): number | undefined => grownOf(field, before, after);
  const cpuMs = grown("cpuMs") ?? 0;
  const entries = grown("entries");
  const clientMs = after.client.cpuMs - before.client.cpuMs;
  return {
    nodesCpu: us(cpuMs),
    clientCpu: us(clientMs),
    byProcess: after.nodes.map((node, i) => ({
      name: node.name ?? `n${i + 1}`,
      cpu: us(node.cpuMs - (before.nodes[i]?.cpuMs ?? 0)),
    })),
    syncsPerMessage: per(grown("syncs")),
    writtenBytesPerMessage: per(grown("writtenBytes")),
    turnsPerMessage: per(grown("turns")),
    framesPerMessage: per(grown("frames")),
    messagesPerEntry: entries ? (messages * after.nodes.length) / entries : undefined,
    garbagePerMessage: per(allocated(before, after)),
    gcShare: share(grown("gcMs"), cpuMs),
    clientGcShare: share(after.client.gcMs - before.client.gcMs, clientMs) ?? 0,
  };
}

/** Summed over all servers; undefined when one of them does not tell. */
function grownOf(field: keyof ServerUsage, before: Reading, after: Reading): number | undefined {
  let sum = 0;
  for (const [i, node] of after.nodes.entries()) {
    const value = node[field];
    const was = before.nodes[i]?.[field] ?? 0;
    if (typeof value !== "number" || typeof was !== "number") return undefined;
    sum += value - was;
  }
  return after.nodes.length === 0 ? undefined : sum;
}

/** What was freed and by how much the heap grew: what was put there. */
function allocated(before: Reading, after: Reading): number | undefined {
  const freed = grownOf("freedBytes", before, after);
  const held = grownOf("heapBytes", before, after);
  return freed === undefined || held === undefined ? undefined : freed + held;
}

function share(part: number | undefined, whole: number): number | undefined {
  if (part === undefined) return undefined;
  return whole <= 0 ? 0 : part / whole;
}
