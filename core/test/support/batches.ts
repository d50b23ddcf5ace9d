// Intents of single rows packed into batches, as a node packs those of a session's calls, and what a machine answers
// to batches row by row again.

import { Writer } from "../../src/lib/bytes.js";
import type { IntentResult } from "../../src/machine/results.js";
import { RETRIES_OF_TOPIC, SETTLE_OPS, type SettleManyOp } from "../../src/wire/batch-intents.js";
import type { RowIntent } from "../../src/wire/intent-rows.js";
import type { Intent } from "../../src/wire/intents.js";

type Enqueue = Extract<RowIntent, { kind: "enqueue" }>;
type Settle = Extract<RowIntent, { kind: SettleManyOp }>;

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const w = new Writer();
  for (const part of parts) w.raw(part);
  return w.finish();
}

export function enqueueMany(rows: readonly Enqueue[]): Extract<Intent, { kind: "enqueue.many" }> {
  const priority = new Writer();
  const length = new Writer();
  const maxRetries = new Writer();
  const delayMs = new Writer();
  for (const row of rows) {
    priority.u32(row.priorityLo).i32(row.priorityHi);
    length.u32(row.payload.length);
    maxRetries.u32(row.maxRetries ?? RETRIES_OF_TOPIC);
    delayMs.u48(row.delayMs).u16(0);
  }
  const isDelayed = rows.some((row) => row.delayMs > 0);
  const isLimited = rows.some((row) => row.maxRetries !== undefined);
  return {
    kind: "enqueue.many",
    rows: rows.length,
    producer: rows[0].producer,
    priority: priority.finish(),
    length: length.finish(),
    maxRetries: isLimited ? maxRetries.finish() : new Uint8Array(0),
    delayMs: isDelayed ? delayMs.finish() : new Uint8Array(0),
    payload: concat(rows.map((row) => row.payload)),
  };
}

export function settleMany(rows: readonly Settle[]): Extract<Intent, { kind: "settle.many" }> {
  const [first] = rows;
  const leases = new Writer();
  for (const { token } of rows) leases.u48(token.index).u16(token.offset).u32(token.fence);
  return {
    kind: "settle.many",
    op: first.kind,
    backoffMs: first.kind === "nack" ? first.backoffMs : undefined,
    extensionMs: first.kind === "extend" ? first.extensionMs : 0,
    rows: rows.length,
    leases: leases.finish(),
  };
}

function isSettle(row: RowIntent): row is Settle {
  return row.kind in SETTLE_OPS;
}

/** Whether a row may stand behind the others of a batch. */
function goesWith(rows: readonly RowIntent[], row: RowIntent): boolean {
  const [first] = rows;
  if (first.kind !== row.kind) return false;
  if (first.kind === "enqueue" && row.kind === "enqueue") return follows(rows.length, first, row);
  if (first.kind === "nack" && row.kind === "nack") return first.backoffMs === row.backoffMs;
  if (first.kind === "extend" && row.kind === "extend") {
    return first.extensionMs === row.extensionMs;
  }
  return isSettle(row);
}

function follows(count: number, { producer: a }: Enqueue, { producer: b }: Enqueue): boolean {
  if (!a || !b) return a === b;
  const isOne = a.producerId === b.producerId && a.epochLo === b.epochLo;
  return isOne && a.sequenceHi === b.sequenceHi && a.sequenceLo + count === b.sequenceLo;
}

/** As few intents as the same rows in the same order may stand in; `isVouched`: a token needs no MAC. */
export function packed(
  rows: readonly RowIntent[],
  isVouched: (row: Settle) => boolean,
): readonly Intent[] {
  const intents: Intent[] = [];
  let open: RowIntent[] = [];
  const close = (): void => {
    const [first] = open;
    if (first?.kind === "enqueue") intents.push(enqueueMany(open as Enqueue[]));
    else if (first) intents.push(settleMany(open as Settle[]));
    open = [];
  };
  for (const row of rows) {
    const mayJoin = row.kind === "enqueue" || (isSettle(row) && isVouched(row));
    if (open.length > 0 && !(mayJoin && goesWith(open, row))) close();
    if (mayJoin) open.push(row);
    else intents.push(row);
  }
  close();
  return intents;
}

/** Row by row; an extension in a batch says no more than that it is settled. */
export function rowResults(
  intents: readonly Intent[],
  results: readonly IntentResult[],
): readonly IntentResult[] {
  return results.flatMap((result, i): readonly IntentResult[] => {
    const intent = intents[i];
    const rows = "rows" in intent ? intent.rows : 1;
    const all = Array.from({ length: rows }, (_, row) => row);
    if (result.type === "enqueued.many") {
      const { index, firstOffset, stampMs, duplicates } = result;
      return all.map((row) => {
        const first = duplicates.find((d) => d.row === row);
        const place = first ?? { index, offset: firstOffset + row, stampMs };
        const { index: at, offset, stampMs: sinceMs } = place;
        const isDuplicate = first !== undefined;
        return { type: "enqueued", index: at, offset, stampMs: sinceMs, isDuplicate };
      });
    }
    if (result.type === "settled.many") {
      return all.map((row) => {
        const refusal = result.refusals.find(
          ({ firstRow, count }) => row >= firstRow && row < firstRow + count,
        );
        if (!refusal) return { type: "settled" };
        return { type: "refused", code: refusal.code, message: refusal.message };
      });
    }
    return rows === 1 ? [result] : all.map(() => result);
  });
}
