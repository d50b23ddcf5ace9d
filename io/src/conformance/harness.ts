// What a conformance suite needs from its runner: a way to declare tests, and rigs. A rig is one
// adapter family in a fresh world: real directories, sockets and processes, or simulated ones. Waiting
// is the rig's business: a real rig waits for events, a simulated one runs its loop until they come.

import type { TakenPart } from "./session-parts.js";
import type { DiskEvent, DiskPort, NetworkEvent, NetworkPort } from "../ports.js";

export type DeclareTest = (name: string, run: () => Promise<void>) => void;

/** One process's use of the rig's disk. */
export interface DiskProcess {
  readonly port: DiskPort;
  /** Everything that was pushed, in order. */
  readonly events: readonly DiskEvent[];
  /** The completion of `token`. */
  completion(token: number): Promise<DiskEvent>;
}

/** Batches 1..batches: how `writeUntilKilled` writes, and when it is killed. */
export interface WriterPlan {
  readonly batches: number;
  /** Every n-th batch is synced. */
  readonly syncEvery: number;
  /** Batches in flight at once. */
  readonly window: number;
  /** The writer dies as soon as this many completions have been seen. */
  readonly killAfter: number;
}

export interface DiskRig {
  /** A new process over the same medium; it has not opened the store yet. */
  start(): DiskProcess;
  /** Closes the port; resolves when the next process may open the store. */
  stop(process: DiskProcess): Promise<void>;
  /** Lets everything in flight come to its end. */
  settle(): Promise<void>;
  /**
   * A process writes `writerBatch(1)`, `writerBatch(2)`, ... and dies in mid-write without a word.
   * Resolves to the tokens whose completion was seen, in that order.
   */
  writeUntilKilled(plan: WriterPlan): Promise<readonly number[]>;
  dispose(): Promise<void>;
}

/** One process's network. */
export interface NetworkProcess {
  readonly port: NetworkPort;
  readonly events: readonly NetworkEvent[];
}

export interface NetworkRig {
  /** Starts the process of a node, 1..3. */
  start(node: number): Promise<NetworkProcess>;
  /** The process is gone at once; its port must not be used for anything but sends into nowhere. */
  stop(node: number): Promise<void>;
  /** Breaks the streams between two nodes. Both processes live on. */
  reset(a: number, b: number): void;
  /** Resolves when `condition` holds; `what` says what did not come if it never does. */
  until(condition: () => boolean, what: string): Promise<void>;
  /** Lets everything in flight come to its end. */
  settle(): Promise<void>;
  dispose(): Promise<void>;
}

/** One stream's carrier at a node, and its transport. */
export interface CarrierRig {
  /** Hands item number 0, 1, 2, ... over; it may be written for so long. */
  hand(leaseLeftMs: number): void;
  /** From here on the transport takes `room` more items of one byte, and then none. */
  block(room: number): void;
  /** It takes items again. */
  drain(): void;
  recall(): void;
  end(): void;
  cancel(): void;
  pass(ms: number): void;
  /** Lets all reports come that are due, without time for anything else. */
  settle(): Promise<void>;
  /** Numbers of the items that the transport took, in order. */
  readonly taken: readonly number[];
  /** What the node was told, in order: "written 3", "returned 1", "drained". */
  readonly told: readonly string[];
}

/** One session's carrier: items are deliveries. */
export interface SessionRig extends CarrierRig {
  /** Hands words over. */
  say(): void;
  report(): void;
  /** What the transport took, in order. */
  readonly parts: readonly TakenPart[];
  frames(): number;
  /** Words that the node heard of as written; `told` says nothing of them. */
  words(): number;
}
