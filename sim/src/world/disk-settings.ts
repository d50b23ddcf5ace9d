// What a simulated disk is made from: latencies, the window that damage can reach, and the callbacks
// into the world's loop.

import type { SimDisk } from "./disk.js";
import type { DiskOp } from "@disheap/io";
import type { Seed } from "./draw.js";

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

export interface DiskOptions {
  /** The node this disk belongs to: the site of its draws. */
  readonly node: number;
  readonly seed: Seed;
  readonly settings: DiskSettings;
  /** Begins with everything that this disk holds for certain now. */
  readonly copyOf?: SimDisk;
  /** Runs `run` at simulated time `atUs`; equal times run in the order they were scheduled. */
  readonly schedule: (atUs: number, run: () => void) => void;
  readonly now: () => number;
  /** Called at every boundary; it may call `crash`, and nothing after it happens then. */
  readonly onBoundary?: (kind: DiskBoundary, token: number) => void;
  readonly trace?: DiskTrace;
}
