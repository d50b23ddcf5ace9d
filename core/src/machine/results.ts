// What a machine answers to the intents of an entry.

import type { LogIndex, Offset, Slot } from "../lib/brands.js";
import type { ErrorCode } from "../contract/api.js";
import type { MessageRef } from "../lib/lease-name.js";

type RefusalCode = Extract<
  ErrorCode,
  "NOT_FOUND" | "FAILED_PRECONDITION" | "INVALID_ARGUMENT" | "ALREADY_EXISTS" | "RESOURCE_EXHAUSTED"
>;

/** A row of a batch whose triple was seen before: where its message is, and since when. */
export interface DuplicateRow {
  readonly row: number;
  readonly index: LogIndex;
  readonly offset: Offset;
  readonly stampMs: number;
}

/** Rows of a batch, one after the other, that are refused for one reason. */
export interface RowRefusal {
  readonly firstRow: number;
  count: number;
  readonly code: RefusalCode;
  readonly message: string;
}

/** The machine's answer to one intent; made only on the replica that proposed it. */
export type IntentResult =
  | { readonly type: "none" }
  | (MessageRef & {
      readonly type: "enqueued";
      readonly stampMs: number;
      readonly isDuplicate: boolean;
    })
  | {
      readonly type: "granted";
      readonly slots: readonly Slot[];
      readonly grantedInRound: number;
      readonly isClosed: boolean;
    }
  /** Of a batch: row i stands at offset `firstOffset` + i, but for those that were there before. */
  | {
      readonly type: "enqueued.many";
      readonly index: LogIndex;
      readonly firstOffset: Offset;
      readonly stampMs: number;
      readonly duplicates: readonly DuplicateRow[];
    }
  | { readonly type: "settled" }
  /** Of a batch: all rows, but for those that are refused. */
  | { readonly type: "settled.many"; readonly refusals: readonly RowRefusal[] }
  | { readonly type: "extended"; readonly deadlineMs: number }
  | {
      readonly type: "refused";
      readonly code: RefusalCode;
      readonly message: string;
    }
  | { readonly type: "created"; readonly heapId: string };

/** Nothing that an intent can say may break an assertion: one in the wrong group is refused (D-89). */
export function misplaced(kind: string, where: string): IntentResult {
  const message = `an intent ${kind} has no meaning in ${where}; its sender is of another version`;
  return { type: "refused", code: "INVALID_ARGUMENT", message };
}
