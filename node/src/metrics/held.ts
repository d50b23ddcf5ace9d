// What a node holds in memory for others, as metrics: counts of all that comes and goes, and bytes of what has
// a bound in bytes. What only grows here while load comes and goes is a leak.

import type { Census, GroupStatus, NodeStatus } from "@disheap/core";
import { Gauge, type Registry } from "prom-client";

export const HELD_ITEMS = {
  groups: "replicas on this node, that of the list of topics included",
  touched: "replicas that something is to be done for",
  due: "led replicas with a timer ahead",
  standing: "credits of consumers that stand at their leader here",
  interests: "questions of consumers that wait here for a message",
  queued: "requests that wait for a place in an entry",
  proposed: "entries of this node's log that somebody waits for",
  reads: "reads that wait for a majority or for the apply",
  digests: "nodes and streams that are still to be told of leases they had",
  streams: "records of consumers of this node; those that closed are remembered for about a minute",
  sessions: "sessions of clients, with their consumers and calls under way",
  handled: "log indices remembered for them, so that no grant counts twice",
  requests: "calls under way through this node",
  hints: "leaders of groups that this node remembers",
  logReads: "reads of logs under way, and replicas with blocks in hand",
  producers: "producers whose sequences are remembered, in all replicas",
} as const satisfies Record<keyof Census | "producers", string>;

export const HELD_BYTES = {
  logs: "tails of logs, at most 8 MiB a replica",
  logTables: "places of log blocks on disk",
  queued: "requests that wait for a place in an entry",
  proposed: "entries of this leader that are not applied yet",
  producers: "sequences remembered of producers, at most 64 MiB a partition",
  rss: "resident memory of the process",
  heap: "JavaScript objects, dead ones included until they are collected",
  buffers: "payloads, frames and columns outside of that heap, likewise",
} as const;

type BytesOf = Record<keyof typeof HELD_BYTES, number>;

export class HeldMetrics {
  private readonly items: Gauge;
  private readonly bytes: Gauge;

  constructor(registers: Registry[]) {
    const gauge = (name: string, help: string): Gauge =>
      new Gauge({ name, help, labelNames: ["what"], registers });
    this.items = gauge("held_items", `Held in memory on this node. ${meanings(HELD_ITEMS)}.`);
    this.bytes = gauge("held_bytes", `Bytes held in memory on this node. ${meanings(HELD_BYTES)}.`);
  }

  sample(status: NodeStatus, census: Census): void {
    const producers = sum(status, ({ held }) => held.producers ?? 0);
    for (const [what, count] of Object.entries({ ...census, producers })) {
      this.items.set({ what }, count);
    }
    for (const [what, bytes] of Object.entries(bytesOf(status))) this.bytes.set({ what }, bytes);
  }
}

function bytesOf(status: NodeStatus): BytesOf {
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  return {
    logs: sum(status, ({ held }) => held.logBytes),
    logTables: sum(status, ({ held }) => held.logTableBytes),
    queued: sum(status, ({ held }) => held.queuedBytes),
    proposed: sum(status, ({ held }) => held.proposedBytes),
    producers: sum(status, ({ held }) => held.producerBytes ?? 0),
    rss,
    heap: heapUsed,
    buffers: arrayBuffers,
  };
}

function sum({ groups }: NodeStatus, of: (group: GroupStatus) => number): number {
  return groups.reduce((total, group) => total + of(group), 0);
}

function meanings(table: Readonly<Record<string, string>>): string {
  return Object.entries(table)
    .map(([what, says]) => `${what}: ${says}`)
    .join("; ");
}
