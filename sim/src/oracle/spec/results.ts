// What an intent is answered with: the machine's result, with places for its slots and without its sentences.

import type { MessageRef } from "@disheap/core";

export type SpecResult =
  | { readonly type: "none" | "settled" }
  | (MessageRef & {
      readonly type: "enqueued";
      readonly stampMs: number;
      readonly isDuplicate: boolean;
    })
  | {
      readonly type: "granted";
      readonly messages: readonly MessageRef[];
      readonly grantedInRound: number;
      readonly isClosed: boolean;
    }
  | { readonly type: "extended"; readonly deadlineMs: number }
  | {
      readonly type: "refused";
      readonly code: "NOT_FOUND" | "FAILED_PRECONDITION" | "INVALID_ARGUMENT";
    };

export const NOTHING: SpecResult = { type: "none" };
export const SETTLED: SpecResult = { type: "settled" };
/** The lease is not held: it expired, was settled, is another one's, or the token was made up. */
export const STALE: SpecResult = { type: "refused", code: "FAILED_PRECONDITION" };
