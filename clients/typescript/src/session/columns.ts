// Rows as the columns of a call.
import {
  ColumnWriter,
  type Draft,
  type EnqueueRows,
  RETRIES_OF_TOPIC,
  SETTLE,
  type SettleRows,
} from "@disheap/proto/session";
import { toMs } from "../convert.js";
import type { EnqueueRow, Row, SettleRow } from "./row.js";

/** Rows of one lane can be in one call: what a call says once is the same in all of them. */
export function shareLane(a: Row, b: Row): boolean {
  if (a.topic !== b.topic || a.kind !== b.kind) return false;
  if (a.kind === "enqueue" || b.kind === "enqueue") {
    return hasProducer(a) === hasProducer(b);
  }
  return (
    (a.delivery === undefined) === (b.delivery === undefined) &&
    a.backoffMs === b.backoffMs &&
    a.extensionMs === b.extensionMs &&
    a.reason === b.reason
  );
}

function hasProducer(row: Row): boolean {
  return row.kind === "enqueue" && row.request.producerId !== undefined;
}

/** Whether `next`, of the same lane, can be the row after `last`. */
export function follows(last: Row, next: Row): boolean {
  if (last.kind !== "enqueue" || next.kind !== "enqueue") return true;
  const { sequence } = last.request;
  return sequence === undefined || next.request.sequence === sequence + 1n;
}

export function enqueueCall(
  rows: readonly EnqueueRow[],
  heads: { call: number; topic: number; producer: number },
): Draft<EnqueueRows> {
  const count = rows.length;
  const priority = new ColumnWriter(count * 8);
  const length = new ColumnWriter(count * 4);
  const payload = new ColumnWriter(rows.reduce((sum, row) => sum + row.request.payload.length, 0));
  const retries = new ColumnWriter(count * 4);
  const delayMs = new ColumnWriter(count * 8);
  let [hasRetries, hasDelays, hasKeys] = [false, false, false];
  for (const { request } of rows) {
    const { hi, lo } = pairOf(request.priority);
    priority.pair(hi, lo);
    length.u32(request.payload.length);
    payload.raw(request.payload);
    retries.u32(request.maxRetries ?? RETRIES_OF_TOPIC);
    delayMs.u64(Math.round(toMs(request.notBefore)));
    hasRetries ||= request.maxRetries !== undefined;
    hasDelays ||= request.notBefore !== undefined;
    hasKeys ||= request.partitionKey !== undefined;
  }
  const sequence = rows[0]?.request.sequence;
  return {
    ...heads,
    ...(sequence === undefined ? {} : { firstSequence: pairOf(sequence) }),
    priority: priority.view(),
    length: length.view(),
    payload: payload.view(),
    ...(hasRetries ? { maxRetries: retries.view() } : {}),
    ...(hasDelays ? { delayMs: delayMs.view() } : {}),
    ...(hasKeys ? { partitionKey: rows.map(({ request }) => request.partitionKey ?? "") } : {}),
  };
}

export function settleCall(
  rows: readonly SettleRow[],
  heads: { call: number; topic: number },
): Draft<SettleRows> {
  const [first] = rows;
  if (first === undefined) return heads;
  const { kind, backoffMs, extensionMs = 0, reason = "" } = first;
  return {
    ...heads,
    kind: SETTLE[kind],
    ...(first.delivery === undefined ? tokensOf(rows) : { delivery: numbersOf(rows) }),
    ...(backoffMs === undefined ? {} : { backoffMs }),
    extensionMs,
    reason,
  };
}

function tokensOf(rows: readonly SettleRow[]): Draft<SettleRows> {
  const leaseToken = rows.map((row) => row.leaseToken);
  if (rows[0]?.kind === "extend") return { leaseToken };
  return { leaseToken, messageId: rows.map(({ messageId }) => messageId) };
}

function numbersOf(rows: readonly SettleRow[]): Uint8Array {
  const numbers = new ColumnWriter(rows.length * 8);
  for (const { delivery = 0 } of rows) numbers.u64(delivery);
  return numbers.view();
}

/** The halves of a number of 64 bits. */
export function pairOf(value: bigint): { hi: number; lo: number } {
  return { hi: Number(value >> 32n), lo: Number(value & 0xffffffffn) };
}
