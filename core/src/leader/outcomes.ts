// What a request's edge is told of an applied intent: `edge/requests` reads the same bytes.

import type { LogIndex } from "../lib/brands.js";
import { Writer } from "../lib/bytes.js";
import type { IntentResult } from "../machine/results.js";
import type { ReplyOutcome } from "../wire/messages.js";

export function outcomeOf(result: IntentResult, index: LogIndex): ReplyOutcome {
  switch (result.type) {
    case "refused":
      return { type: "refused", code: result.code, message: result.message };
    case "enqueued": {
      const body = new Writer(16).u48(result.index).u16(result.offset).u48(result.stampMs);
      return { type: "done", index, body: body.u8(result.isDuplicate ? 1 : 0).finish() };
    }
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
