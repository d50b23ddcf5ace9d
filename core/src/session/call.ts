// A call of a session while rows of it wait for their answers.

import type { CallBatch } from "./call-batch.js";
import type { Session } from "./session.js";

export interface SessionCall {
  /** This node's own number for it. */
  readonly id: number;
  readonly session: Session;
  /** The client's number. */
  readonly number: number;
  readonly kind: "enqueue" | "settle" | "give-back";
  readonly rows: number;
  /** Of an enqueue. */
  readonly topic: string;
  readonly openedMs: number;
  /** Rows that are in. */
  taken: number;
  /** Rows without an answer. */
  waiting: number;
  /** What it takes of the budget for requests, and of the session's window. */
  readonly budgetBytes: number;
  readonly windowBytes: number;
  readonly deadlineMs: number;
  /** What its rows were asked with. */
  readonly batches: CallBatch[];
  /** Settles by number: the delivery of row i. */
  readonly deliveries: readonly number[];
  /** What an applied settle does to a delivery of this session: it ends, or lasts so much longer. */
  readonly extensionMs: number | undefined;
}
