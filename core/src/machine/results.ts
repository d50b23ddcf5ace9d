// What a machine answers to the intents of an entry.

import type { Slot } from "../lib/brands.js";
import type { ErrorCode } from "../contract/api.js";
import type { MessageRef } from "../lib/lease-name.js";

export type RefusalCode = Extract<
  ErrorCode,
  "NOT_FOUND" | "FAILED_PRECONDITION" | "INVALID_ARGUMENT" | "ALREADY_EXISTS" | "RESOURCE_EXHAUSTED"
>;

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
  | { readonly type: "settled" }
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
