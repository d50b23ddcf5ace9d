// Bodies of read replies: counters of a partition and peeked messages.

import type { Counts, PeekedMessage, ProducerTriple } from "../contract/api.js";
import { COUNT_NAMES, emptyCounts } from "../contract/counts.js";
import { MessageState } from "../contract/message-state.js";
import { Reader, Writer } from "../lib/bytes.js";
import type { MessageRef } from "../lib/lease-name.js";
import { encodeMessageId } from "../lib/ulid.js";
import { readOptionalProducer, writeOptionalProducer } from "./producer.js";

export function encodePartitionCounts(counts: Counts): Uint8Array {
  const w = new Writer(64);
  for (const name of COUNT_NAMES) w.u48(counts[name]);
  return w.finish();
}

export function decodePartitionCounts(body: Uint8Array): Counts {
  const r = new Reader(body);
  const counts = emptyCounts();
  for (const name of COUNT_NAMES) counts[name] = r.u48();
  return counts;
}

/** A message as its partition's leader shows it; `timeMs` is what its state makes of it. */
interface PeekRow extends MessageRef {
  readonly enqueuedMs: number;
  readonly state: number;
  readonly priorityHi: number;
  readonly priorityLo: number;
  readonly attempts: number;
  readonly maxRetries: number;
  readonly timeMs: number;
  readonly payload: Uint8Array;
  readonly producer: ProducerTriple | undefined;
}

export function encodePeek(rows: readonly PeekRow[], hasMore: boolean): Uint8Array {
  const w = new Writer(1024).u8(hasMore ? 1 : 0).u32(rows.length);
  for (const row of rows) {
    w.u48(row.index).u16(row.offset).u48(row.enqueuedMs).u8(row.state);
    w.i32(row.priorityHi).u32(row.priorityLo).u32(row.attempts).u32(row.maxRetries);
    w.u48(row.timeMs).blob(row.payload);
    writeOptionalProducer(w, row.producer);
  }
  return w.finish();
}

/** A peeked message with what merging over partitions needs. */
export interface PeekedRow {
  readonly message: PeekedMessage;
  /** 0 ready or leased, 1 delayed, 2 dead: the contract's order. */
  readonly rank: number;
}

export function decodePeek(
  body: Uint8Array,
  group: number,
  partitionId: number,
): { readonly rows: PeekedRow[]; readonly hasMore: boolean } {
  const r = new Reader(body);
  const hasMore = r.u8() === 1;
  const rows: PeekedRow[] = [];
  const count = r.u32();
  for (let i = 0; i < count; i += 1) rows.push(readRow(r, group, partitionId));
  return { rows, hasMore };
}

function readRow(r: Reader, group: number, partitionId: number): PeekedRow {
  const index = r.u48();
  const offset = r.u16();
  const enqueuedMs = r.u48();
  const state = r.u8();
  const priorityHi = r.i32();
  const priorityLo = r.u32();
  const attempts = r.u32();
  const maxRetries = r.u32();
  const timeMs = r.u48();
  const payload = r.blob();
  const producer = readOptionalProducer(r);
  const isLeased = state === MessageState.leased;
  return {
    rank: state === MessageState.dead ? 2 : state === MessageState.delayed ? 1 : 0,
    message: {
      messageId: encodeMessageId(enqueuedMs, group, index, offset),
      partitionId,
      payload,
      priorityHi,
      priorityLo,
      enqueuedMs,
      attempts,
      maxRetries,
      isLeased,
      ...(isLeased ? { leaseDeadlineMs: timeMs } : {}),
      inDlq: state === MessageState.dead,
      ...(producer ? { producer } : {}),
    },
  };
}
