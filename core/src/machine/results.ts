// What a machine answers to the intents of an entry.

/** The machine's answer to one intent; made only on the replica that proposed it. */
export type IntentResult =
  | { readonly type: "none" }
  | {
      readonly type: "enqueued";
      readonly index: number;
      readonly offset: number;
      readonly stampMs: number;
      readonly isDuplicate: boolean;
    }
  | {
      readonly type: "granted";
      readonly slots: readonly number[];
      readonly grantedInRound: number;
      readonly isClosed: boolean;
    }
  | { readonly type: "settled" }
  | { readonly type: "extended"; readonly deadlineMs: number }
  | {
      readonly type: "refused";
      readonly code: "NOT_FOUND" | "FAILED_PRECONDITION" | "INVALID_ARGUMENT" | "ALREADY_EXISTS";
      readonly message: string;
    }
  | { readonly type: "created"; readonly heapId: string };
