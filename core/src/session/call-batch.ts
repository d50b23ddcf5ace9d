// The rows of a session's call that one partition is asked about at once.

import type { PartitionPlace } from "../cluster/cluster-state.js";

/** Rows of a call that are asked with one intent. */
export interface CallBatch {
  readonly place: PartitionPlace;
  readonly rows: number;
  /** The others follow it, unless they are scattered. */
  readonly firstRow: number;
  /** Which rows, where they do not follow each other. */
  readonly scattered: readonly number[] | undefined;
  /** The intent of one token, not a batch. */
  readonly isToken?: boolean;
}

/** The call's row that is row `i` of the batch. */
export function rowAt({ firstRow, scattered }: CallBatch, i: number): number {
  return scattered ? scattered[i] : firstRow + i;
}
