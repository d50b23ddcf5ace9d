// Bodies of read replies: counters of a partition and peeked messages.

import type { Counts, PeekedMessage } from "./api.js";
import { State } from "../delivery/message-store.js";
import type { Partition } from "../delivery/partition.js";
import { peek } from "../delivery/views.js";
import { Reader, Writer } from "../lib/bytes.js";
import { encodeMessageId } from "../lib/ulid.js";

const COUNT_NAMES = [
  "totalMessages",
  "inflightMessages",
  "dlqMessages",
  "totalEnqueues",
  "totalPops",
  "totalAcks",
  "totalNacks",
  "totalRetries",
  "totalTimeouts",
] as const satisfies readonly (keyof Counts)[];

export function emptyCounts(): Counts {
  return {
    totalMessages: 0,
    inflightMessages: 0,
    dlqMessages: 0,
    totalEnqueues: 0,
    totalPops: 0,
    totalAcks: 0,
    totalNacks: 0,
    totalRetries: 0,
    totalTimeouts: 0,
  };
}

export function addCounts(into: Counts, from: Counts): void {
  for (const name of COUNT_NAMES) into[name] += from[name];
}

export function encodePartitionCounts(p: Partition): Uint8Array {
  const w = new Writer(64);
  for (const name of COUNT_NAMES) w.u48(p.counts[name]);
  return w.finish();
}

export function decodePartitionCounts(body: Uint8Array): Counts {
  const r = new Reader(body);
  const counts = emptyCounts();
  for (const name of COUNT_NAMES) counts[name] = r.u48();
  return counts;
}

/** Payload bytes of one partition's peek beyond its first message: the reply must fit one frame. */
const PEEK_BYTES_MAX = 1 << 20;

export function encodePeek(p: Partition, limit: number, includeDlq: boolean): Uint8Array {
  const m = p.messages;
  const found = peek(p, limit, includeDlq);
  let bytes = 0;
  const slots = found.slots.filter((slot) => {
    const fits = bytes < PEEK_BYTES_MAX;
    bytes += m.payloads.bytesAt(slot);
    return fits;
  });
  const hasMore = found.hasMore || slots.length < found.slots.length;
  const w = new Writer(1024).u8(hasMore ? 1 : 0).u32(slots.length);
  for (const slot of slots) {
    w.u48(m.index[slot]).u16(m.offset[slot]).u48(m.enqueuedMs[slot]).u8(m.state[slot]);
    w.i32(m.priorityHi[slot]).u32(m.priorityLo[slot]).u32(m.attempts[slot]).u32(m.maxRetries[slot]);
    w.u48(m.timeMs[slot]).blob(m.payloads.get(slot));
    const producer = m.producers.get(slot);
    w.u8(producer ? 1 : 0);
    if (producer) {
      w.text(producer.producerId).u32(producer.epochHi).u32(producer.epochLo);
      w.u32(producer.sequenceHi).u32(producer.sequenceLo);
    }
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
  const producer =
    r.u8() === 1
      ? {
          producerId: r.text(),
          epochHi: r.u32(),
          epochLo: r.u32(),
          sequenceHi: r.u32(),
          sequenceLo: r.u32(),
        }
      : undefined;
  const isLeased = state === State.leased;
  return {
    rank: state === State.dead ? 2 : state === State.delayed ? 1 : 0,
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
      inDlq: state === State.dead,
      ...(producer ? { producer } : {}),
    },
  };
}
