// What a plan says of a simulated disk: latencies, and the window that damage can reach. And what the disk tells the
// world: its boundaries and its trace.

import type { DiskOp } from "@disheap/io";

/** A latency: a floor and an exponential part on top, cut at `capUs`. */
export interface Latency {
  readonly minUs: number;
  readonly meanUs: number;
  readonly capUs: number;
}

export interface DiskSettings {
  readonly open: Latency;
  readonly read: Latency;
  /** A batch without sync. */
  readonly write: Latency;
  /** A batch with sync, up to the instant it is durable. */
  readonly sync: Latency;
  /** From durable to the completion event: the window of the nastiest crashes. */
  readonly completion: Latency;
  /** Bytes of the newest batches that are still in the write-ahead log. */
  readonly walBytes: number;
}

export const DEFAULT_DISK: DiskSettings = {
  open: { minUs: 1_000, meanUs: 4_000, capUs: 50_000 },
  read: { minUs: 20, meanUs: 80, capUs: 2_000 },
  write: { minUs: 20, meanUs: 60, capUs: 2_000 },
  sync: { minUs: 150, meanUs: 250, capUs: 20_000 },
  completion: { minUs: 10, meanUs: 40, capUs: 1_000 },
  walBytes: 1 << 20,
};

/** The instants at which a plan may crash a node. */
export type DiskBoundary =
  /** The batch is submitted: it may survive or not. */
  | "write.submitted"
  /** The synced batch is durable; nobody knows yet. */
  | "write.durable"
  /** The completion is in the inbox; the turn has not seen it. */
  | "write.completed"
  /** The identity record is durable; nobody knows yet. */
  | "identity.durable";

/** What the trace sees. `ops` only with "disk.submit"; `number` counts this disk's batches. */
export type DiskTrace = (
  kind: "disk.submit" | "disk.durable" | "disk.written" | "disk.lost" | "disk.damage",
  number: number,
  ops: readonly DiskOp[] | undefined,
) => void;
