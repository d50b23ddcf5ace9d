// What a node holds in memory for others, as metrics: counts of all that comes and goes, and bytes of what has
// a bound in bytes. What only grows here while load comes and goes is a leak.

import type { Census, GroupStatus, NodeStatus } from "@disheap/core";
import { Gauge, type Registry } from "prom-client";

export const HELD_ITEMS = {
  groups: "partitions with a copy on this node, and the list of topics",
  touched: "of these, the ones with something to do right now",
  due: "partitions led by this node that have a deadline ahead, such as a lease that can run out",
  standing: "consumers to whom leaders on this node may send messages as soon as there are any",
  interests: "consumers that wait to be told of the next message in a partition led by this node",
  queued: "changes that wait to be written to the log of a partition led by this node",
  proposed: "log entries not applied yet whose outcome somebody waits for",
  reads:
    "reads that wait until a majority confirms the leader, or until all before them is applied",
  digests:
    "nodes and streams that a new leader here has still to tell which leases they hold or have lost",
  streams: "records of consumers at this node; one that closed is remembered for about a minute",
  sessions: "open sessions of clients, with their consumers and calls under way",
  handled: "deliveries to those consumers that are remembered so that none counts twice",
  requests: "calls that this node works on",
  hints: "partitions whose leader this node has noted",
  logReads:
    "copies whose log is being read back from disk, and those with blocks read and not used yet",
  producers:
    "producers whose sequence numbers are remembered, over all partitions with a copy here",
} as const satisfies Record<keyof Census | "producers", string>;

export const HELD_BYTES = {
  logs: "the newest part of each log, at most 8 MiB a partition",
  logTables: "tables that say where on disk each block of a log is",
  queued: "changes that wait to be written to a log",
  proposed: "log entries written by this node as leader and not applied yet",
  producers:
    "sequence numbers remembered of producers; PRODUCER_BYTES_MAX bounds them, for each partition",
  rss: "memory of the process, as the operating system counts it",
  heap: "JavaScript objects, also dead ones until they are collected",
  buffers: "payloads and other bytes outside of that heap, also dead ones until they are collected",
} as const;

type BytesOf = Record<keyof typeof HELD_BYTES, number>;

export class HeldMetrics {
  private readonly items: Gauge;
  private readonly bytes: Gauge;

  constructor(registers: Registry[]) {
    const gauge = (name: string, help: string): Gauge =>
      new Gauge({ name, help, labelNames: ["what"], registers });
    this.items = gauge(
      "held_items",
      `How much of what this node holds in memory. ${meanings(HELD_ITEMS)}.`,
    );
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
