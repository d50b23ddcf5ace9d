// What a node sends (proto/disheap.proto, SessionOut; docs/api/session.md).
import type { U64 } from "./columns.js";
import {
  bool,
  bytes,
  column32,
  column64,
  many,
  one,
  pair,
  Table,
  text,
  u32,
  u64,
} from "./fields.js";

export interface SessionWelcome {
  readonly level: number;
  readonly node: string;
  readonly frameBytesMax: number;
  readonly messageBytesMax: number;
  readonly rowsMax: number;
  readonly callsMax: number;
  readonly handlesMax: number;
  readonly deliveriesMax: number;
}

export interface EnqueuedRange {
  readonly call: number;
  readonly firstRow: number;
  readonly count: number;
  readonly partition: number;
  readonly group: number;
  readonly index: number;
  readonly firstOffset: number;
  readonly stampMs: number;
}

export interface DuplicateRow {
  readonly call: number;
  readonly row: number;
  readonly partition: number;
  readonly group: number;
  readonly index: number;
  readonly offset: number;
  readonly stampMs: number;
}

export interface SettledRange {
  readonly call: number;
  readonly firstRow: number;
  readonly count: number;
}

export interface FailedRange {
  readonly call: number;
  readonly firstRow: number;
  readonly count: number;
  /** A status code of gRPC. */
  readonly code: number;
  readonly message: string;
  readonly mayBeDone: boolean;
}

/** Rows that were enqueued with one producer and epoch. */
export interface ProducerRun {
  readonly firstRow: number;
  readonly count: number;
  readonly producerId: string;
  readonly epoch: U64;
}

/** The rows from `firstRow` on, up to the next run. */
export interface PartitionRun {
  readonly firstRow: number;
  readonly partition: number;
  readonly group: number;
}

/** Bytes of a row's `mac`. */
export const MAC_BYTES = 16;

export interface DeliveryRows {
  readonly consumer: number;
  readonly firstDelivery: number;
  readonly run: readonly PartitionRun[];
  /** 64 bits, as priority, enqueuedMs and deadlineMs; the other columns 32. */
  readonly index: Uint8Array;
  readonly offset: Uint8Array;
  readonly fence: Uint8Array;
  readonly attempts: Uint8Array;
  readonly maxRetries: Uint8Array;
  readonly priority: Uint8Array;
  readonly enqueuedMs: Uint8Array;
  readonly deadlineMs: Uint8Array;
  readonly leaseLeftMs: Uint8Array;
  readonly mac: Uint8Array;
  readonly length: Uint8Array;
  readonly payload: Uint8Array;
  readonly producer: readonly ProducerRun[];
  /** 64 bits; empty: no row has a producer. */
  readonly sequence: Uint8Array;
}

export interface ConsumerEnd {
  readonly consumer: number;
  readonly code: number;
  readonly message: string;
}

export interface PartitionRoute {
  readonly topic: number;
  readonly partition: number;
  readonly node: string;
}

export interface RecallRange {
  readonly firstDelivery: number;
  readonly count: number;
}

export interface SessionEnd {
  readonly code: number;
  readonly message: string;
}

export interface SessionOut {
  readonly welcome: SessionWelcome | undefined;
  readonly enqueued: readonly EnqueuedRange[];
  readonly duplicate: readonly DuplicateRow[];
  readonly settled: readonly SettledRange[];
  readonly failed: readonly FailedRange[];
  readonly delivered: readonly DeliveryRows[];
  readonly ended: readonly ConsumerEnd[];
  readonly route: readonly PartitionRoute[];
  readonly recall: readonly RecallRange[];
  readonly enqueueBytesMax: number;
  readonly end: SessionEnd | undefined;
}

const WELCOME = new Table<SessionWelcome>({
  level: u32(1),
  node: text(2),
  frameBytesMax: u32(3),
  messageBytesMax: u32(4),
  rowsMax: u32(5),
  callsMax: u32(6),
  handlesMax: u32(7),
  deliveriesMax: u32(8),
});

const ENQUEUED = new Table<EnqueuedRange>({
  call: u64(1),
  firstRow: u32(2),
  count: u32(3),
  partition: u32(4),
  group: u32(5),
  index: u64(6),
  firstOffset: u32(7),
  stampMs: u64(8),
});

const DUPLICATE = new Table<DuplicateRow>({
  call: u64(1),
  row: u32(2),
  partition: u32(3),
  group: u32(4),
  index: u64(5),
  offset: u32(6),
  stampMs: u64(7),
});

const SETTLED = new Table<SettledRange>({ call: u64(1), firstRow: u32(2), count: u32(3) });

const FAILED = new Table<FailedRange>({
  call: u64(1),
  firstRow: u32(2),
  count: u32(3),
  code: u32(4),
  message: text(5),
  mayBeDone: bool(6),
});

const PARTITION_RUN = new Table<PartitionRun>({
  firstRow: u32(1),
  partition: u32(2),
  group: u32(3),
});

const PRODUCER_RUN = new Table<ProducerRun>({
  firstRow: u32(1),
  count: u32(2),
  producerId: text(3),
  epoch: pair(4),
});

const DELIVERY_ROWS = new Table<DeliveryRows>({
  consumer: u32(1),
  firstDelivery: u64(2),
  run: many(3, PARTITION_RUN),
  index: column64(5),
  offset: column32(6),
  fence: column32(7),
  attempts: column32(8),
  maxRetries: column32(9),
  priority: column64(10),
  enqueuedMs: column64(11),
  deadlineMs: column64(12),
  leaseLeftMs: column32(13),
  mac: bytes(14),
  length: column32(15),
  payload: bytes(16),
  producer: many(17, PRODUCER_RUN),
  sequence: column64(18),
});

const CONSUMER_END = new Table<ConsumerEnd>({ consumer: u32(1), code: u32(2), message: text(3) });

const ROUTE = new Table<PartitionRoute>({ topic: u32(1), partition: u32(2), node: text(3) });

const RECALL = new Table<RecallRange>({ firstDelivery: u64(1), count: u32(2) });

const END = new Table<SessionEnd>({ code: u32(1), message: text(2) });

export const SESSION_OUT = new Table<SessionOut>({
  welcome: one(1, WELCOME),
  enqueued: many(2, ENQUEUED),
  duplicate: many(3, DUPLICATE),
  settled: many(4, SETTLED),
  failed: many(5, FAILED),
  delivered: many(6, DELIVERY_ROWS),
  ended: many(7, CONSUMER_END),
  route: many(8, ROUTE),
  recall: many(9, RECALL),
  enqueueBytesMax: u64(10),
  end: one(11, END),
});
