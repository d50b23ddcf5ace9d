// What a request's edge is told of an applied intent: `edge/requests` reads the same bytes.

import type { LogIndex } from "../lib/brands.js";
import { Writer } from "../lib/bytes.js";
import { ERROR_CODES } from "../contract/error-codes.js";
import type { IntentResult, RowRefusal } from "../machine/results.js";
import type { ReplyOutcome } from "../wire/messages.js";

export function outcomeOf(result: IntentResult, index: LogIndex): ReplyOutcome {
  switch (result.type) {
    case "refused":
      return { type: "refused", code: result.code, message: result.message };
    case "enqueued": {
      const body = new Writer(16).u48(result.index).u16(result.offset).u48(result.stampMs);
      return { type: "done", index, body: body.u8(result.isDuplicate ? 1 : 0).finish() };
    }
    case "enqueued.many":
      return { type: "done", index, body: enqueuedMany(result) };
    case "settled.many":
      return { type: "done", index, body: settledMany(result.refusals) };
    case "created":
      return { type: "done", index, body: new Writer(64).text(result.heapId).finish() };
    case "extended":
      return { type: "done", index, body: new Writer(6).u48(result.deadlineMs).finish() };
    case "granted":
    case "settled":
    case "none":
      return { type: "done", index, body: new Uint8Array(0) };
  }
}

type EnqueuedMany = Extract<IntentResult, { type: "enqueued.many" }>;

/** Where the first row is and since when; then the rows that were there before. */
function enqueuedMany({ index, firstOffset, stampMs, duplicates }: EnqueuedMany): Uint8Array {
  const w = new Writer(16 + 16 * duplicates.length);
  w.u48(index).u16(firstOffset).u48(stampMs).u16(duplicates.length);
  for (const d of duplicates) w.u16(d.row).u48(d.index).u16(d.offset).u48(d.stampMs);
  return w.finish();
}

function settledMany(refusals: readonly RowRefusal[]): Uint8Array {
  const w = new Writer(2 + 192 * refusals.length).u16(refusals.length);
  for (const { firstRow, count, code, message } of refusals) {
    w.u16(firstRow).u16(count).u8(ERROR_CODES.indexOf(code)).text(message);
  }
  return w.finish();
}
