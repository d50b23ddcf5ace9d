// The two intents that hold many rows as columns (D-78): what a session's calls become, one intent for a run of
// rows of one partition. Rows are read in place: nothing is made for one. A row's offset in the entry is that of
// its intent and its place in it. A column that is empty says the same of all rows.

import type { ProducerTriple } from "../contract/api.js";
import { MalformedInput, type Reader, type Writer } from "../lib/bytes.js";
import { readOptionalProducer, writeOptionalProducer } from "./producer.js";

/** Rows of one intent, whoever makes it: an entry has room for it in any case. */
export const BATCH_ROWS_MAX = 4096;
/** In the column of retries: the topic's. */
export const RETRIES_OF_TOPIC = 0xffffffff;
/** u48 index, u16 offset, u32 fence. */
export const LEASE_ROW_BYTES = 12;

export interface EnqueueManyIntent {
  readonly kind: "enqueue.many";
  readonly rows: number;
  /** Of the first row; the sequences of the others follow. Undefined: no triples. */
  readonly producer: ProducerTriple | undefined;
  /** 8 bytes a row: a signed 64-bit number, little-endian. */
  readonly priority: Uint8Array;
  /** 4 bytes a row: of its payload. */
  readonly length: Uint8Array;
  /** 4 bytes a row; empty: the topic's for all. */
  readonly maxRetries: Uint8Array;
  /** 8 bytes a row, in ms; empty: no delay. */
  readonly delayMs: Uint8Array;
  /** Of all rows, one after the other. */
  readonly payload: Uint8Array;
}

/** How leases are settled; the tags stand in logs. */
export const SETTLE_OPS = { ack: 0, nack: 1, extend: 2, release: 3 } as const;
export type SettleManyOp = keyof typeof SETTLE_OPS;

/** Leases whose holder its node vouches for: no MAC (D-79). */
export interface SettleManyIntent {
  readonly kind: "settle.many";
  readonly op: SettleManyOp;
  /** Of a nack; undefined: by the topic's backoff. */
  readonly backoffMs: number | undefined;
  /** Of an extend; 0 otherwise. */
  readonly extensionMs: number;
  readonly rows: number;
  /** 12 bytes a row: index, offset, fence. */
  readonly leases: Uint8Array;
}

export function writeEnqueueMany(w: Writer, intent: EnqueueManyIntent): void {
  w.u16(intent.rows).u8(
    (intent.maxRetries.length > 0 ? 1 : 0) | (intent.delayMs.length > 0 ? 2 : 0),
  );
  writeOptionalProducer(w, intent.producer);
  w.raw(intent.priority).raw(intent.length).raw(intent.maxRetries).raw(intent.delayMs);
  w.raw(intent.payload);
}

/** Of the whole rest: what follows the columns is payload. */
export function readEnqueueMany(r: Reader): EnqueueManyIntent {
  const rows = readRows(r);
  const flags = r.u8();
  const producer = readOptionalProducer(r);
  if (producer && !fitsSequences(producer, rows)) {
    throw new MalformedInput("the sequences of a batch go beyond 2^64");
  }
  const priority = r.raw(8 * rows);
  const length = r.raw(4 * rows);
  const maxRetries = r.raw(flags & 1 ? 4 * rows : 0);
  const delayMs = r.raw(flags & 2 ? 8 * rows : 0);
  const payload = r.raw(r.left);
  checkLengths(length, rows, payload.length);
  checkDelays(delayMs);
  return { kind: "enqueue.many", rows, producer, priority, length, maxRetries, delayMs, payload };
}

function checkLengths(length: Uint8Array, rows: number, payloadBytes: number): void {
  let sum = 0;
  for (let row = 0; row < rows; row += 1) sum += wordAt(length, row * 4);
  if (sum !== payloadBytes) {
    throw new MalformedInput(`a batch has ${payloadBytes} bytes of payload, its rows ${sum}`);
  }
}

function checkDelays(delayMs: Uint8Array): void {
  for (let at = 6; at < delayMs.length; at += 8) {
    if (delayMs[at] !== 0 || delayMs[at + 1] !== 0)
      throw new MalformedInput("a delay of a batch is beyond 48 bits");
  }
}

function fitsSequences({ sequenceHi, sequenceLo }: ProducerTriple, rows: number): boolean {
  return sequenceHi !== 0xffffffff || sequenceLo + rows - 1 <= 0xffffffff;
}

export function writeSettleMany(w: Writer, intent: SettleManyIntent): void {
  w.u16(intent.rows).u8(SETTLE_OPS[intent.op]);
  w.u8(intent.backoffMs === undefined ? 0 : 1).u48(intent.backoffMs ?? 0);
  w.u48(intent.extensionMs).raw(intent.leases);
}

const OPS = Object.keys(SETTLE_OPS) as SettleManyOp[];

export function readSettleMany(r: Reader): SettleManyIntent {
  const rows = readRows(r);
  const tag = r.u8();
  const op = OPS.find((name) => SETTLE_OPS[name] === tag);
  if (op === undefined) throw new MalformedInput(`a batch settles in the way ${tag}, unknown here`);
  const hasBackoff = r.u8() === 1;
  const backoffMs = r.u48();
  const extensionMs = r.u48();
  const leases = r.raw(LEASE_ROW_BYTES * rows);
  return {
    kind: "settle.many",
    op,
    backoffMs: hasBackoff ? backoffMs : undefined,
    extensionMs,
    rows,
    leases,
  };
}

function readRows(r: Reader): number {
  const rows = r.u16();
  if (rows === 0 || rows > BATCH_ROWS_MAX) throw new MalformedInput(`a batch has ${rows} rows`);
  return rows;
}

/** An unsigned 32-bit number of a column, at a byte. */
export function wordAt(column: Uint8Array, at: number): number {
  return (
    (column[at] | (column[at + 1] << 8) | (column[at + 2] << 16) | (column[at + 3] << 24)) >>> 0
  );
}

/** An unsigned 48-bit number of a column, at a byte. */
export function placeAt(column: Uint8Array, at: number): number {
  return wordAt(column, at) + (column[at + 4] | (column[at + 5] << 8)) * 4294967296;
}

/** The triple of row `row`, of which `first` is row 0's. */
export function tripleAt(first: ProducerTriple, row: number): ProducerTriple {
  const low = first.sequenceLo + row;
  const sequenceLo = low >>> 0;
  const sequenceHi = low === sequenceLo ? first.sequenceHi : first.sequenceHi + 1;
  return { ...first, sequenceHi, sequenceLo };
}
