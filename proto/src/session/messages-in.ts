// What a client sends (proto/disheap.proto, SessionIn; docs/api/session.md). Columns are bytes (columns.ts), views
// into the frame that they came in.
import type { U64 } from "./columns.js";
import {
  bool,
  bytes,
  column32,
  column64,
  many,
  one,
  optionalPair,
  optionalU32,
  optionalU64,
  pair,
  Table,
  text,
  texts,
  u32,
  u64,
  varints,
} from "./fields.js";

export interface SessionHello {
  readonly client: string;
  readonly level: number;
  readonly receiveBytesMax: number;
}

export interface BindTopic {
  readonly handle: number;
  readonly topic: string;
}

export interface BindProducer {
  readonly handle: number;
  readonly producerId: string;
  readonly epoch: U64;
}

export interface OpenConsumer {
  readonly handle: number;
  readonly topic: number;
  readonly partition: readonly number[];
  readonly visibilityMs: number | undefined;
  readonly reportsStarted: boolean;
}

export interface GrantCredits {
  readonly consumer: number;
  readonly count: number;
}

export interface StartedRange {
  readonly firstDelivery: number;
  readonly count: number;
}

export interface EnqueueRows {
  readonly call: number;
  readonly topic: number;
  readonly producer: number;
  readonly firstSequence: U64 | undefined;
  readonly partition: number | undefined;
  /** 64 bits, signed. */
  readonly priority: Uint8Array;
  /** 32 bits. */
  readonly length: Uint8Array;
  readonly payload: Uint8Array;
  /** 32 bits. */
  readonly maxRetries: Uint8Array;
  /** 64 bits. */
  readonly delayMs: Uint8Array;
  readonly partitionKey: readonly string[];
}

/** In `maxRetries`: the topic's default. */
export const RETRIES_OF_TOPIC = 4294967295;

export const SETTLE = { ack: 0, nack: 1, extend: 2, release: 3 } as const;

export interface SettleRows {
  readonly call: number;
  /** One of SETTLE, or any other number of 32 bits. */
  readonly kind: number;
  /** 64 bits. */
  readonly delivery: Uint8Array;
  readonly topic: number;
  readonly messageId: readonly string[];
  readonly leaseToken: readonly string[];
  readonly backoffMs: number | undefined;
  readonly extensionMs: number;
  readonly reason: string;
}

export interface SessionIn {
  readonly hello: SessionHello | undefined;
  readonly topic: readonly BindTopic[];
  readonly producer: readonly BindProducer[];
  readonly consumer: readonly OpenConsumer[];
  readonly settle: readonly SettleRows[];
  readonly enqueue: readonly EnqueueRows[];
  readonly started: readonly StartedRange[];
  readonly credit: readonly GrantCredits[];
  readonly close: readonly number[];
  readonly ends: boolean;
}

const HELLO = new Table<SessionHello>({
  client: text(1),
  level: u32(2),
  receiveBytesMax: u32(3),
});

const BIND_TOPIC = new Table<BindTopic>({ handle: u32(1), topic: text(2) });

const BIND_PRODUCER = new Table<BindProducer>({
  handle: u32(1),
  producerId: text(2),
  epoch: pair(3),
});

const OPEN_CONSUMER = new Table<OpenConsumer>({
  handle: u32(1),
  topic: u32(2),
  partition: varints(3),
  visibilityMs: optionalU64(4),
  reportsStarted: bool(5),
});

const CREDITS = new Table<GrantCredits>({ consumer: u32(1), count: u32(2) });

const STARTED = new Table<StartedRange>({ firstDelivery: u64(1), count: u32(2) });

const ENQUEUE_ROWS = new Table<EnqueueRows>({
  call: u64(1),
  topic: u32(2),
  producer: u32(3),
  firstSequence: optionalPair(4),
  partition: optionalU32(5),
  priority: column64(6),
  length: column32(7),
  payload: bytes(8),
  maxRetries: column32(9),
  delayMs: column64(10),
  partitionKey: texts(11),
});

const SETTLE_ROWS = new Table<SettleRows>({
  call: u64(1),
  kind: u32(2),
  delivery: column64(3),
  topic: u32(4),
  messageId: texts(5),
  leaseToken: texts(6),
  backoffMs: optionalU64(7),
  extensionMs: u64(8),
  reason: text(9),
});

export const SESSION_IN = new Table<SessionIn>({
  hello: one(1, HELLO),
  topic: many(2, BIND_TOPIC),
  producer: many(3, BIND_PRODUCER),
  consumer: many(4, OPEN_CONSUMER),
  settle: many(5, SETTLE_ROWS),
  enqueue: many(6, ENQUEUE_ROWS),
  started: many(7, STARTED),
  credit: many(8, CREDITS),
  close: varints(9),
  ends: bool(10),
});
