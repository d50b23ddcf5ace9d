// Makes frames of the rows that wait: calls of rows of one kind, within what the node takes, and the numbers that
// stand for topics and for the producer.
import type { Draft, SessionIn, SessionWelcome } from "@disheap/proto/session";
import type { Calls } from "./calls.js";
import { enqueueCall, pairOf, settleCall } from "./columns.js";
import { Lanes, type Room } from "./lanes.js";
import { type EnqueueRow, type Row, type SettleRow, windowBytesOf } from "./row.js";

/** Frames are cut here, unless a single row is larger. */
const cutBytes = 1024 * 1024;
/** Of a frame, for the heads of its calls and the bindings. */
const headsBytes = 32 * 1024;
/** Calls of one frame: their heads fit with certainty, bindings of the longest names included. */
const callsOfFrameMax = 64;

type Frame = { -readonly [Name in keyof Draft<SessionIn>]: Draft<SessionIn>[Name] };

export class FrameMaker {
  /** Payload bytes that may be sent in the life of the session. */
  windowBytesMax = 0;
  readonly #calls: Calls;
  readonly #lanes = new Lanes();
  readonly #topics = new Map<string, { readonly handle: number; isBound: boolean }>();
  readonly #names: string[] = [];
  #started: { firstDelivery: number; count: number }[] = [];
  /** For the next frame, beside its calls. */
  #said: Frame = {};
  #hasProducer = false;
  #sentBytes = 0;
  #limits = { frameBytesMax: 0, rowsMax: 0, callsMax: 0, handlesMax: 0 };

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  limits(welcome: SessionWelcome): void {
    this.#limits = welcome;
  }

  get isEmpty(): boolean {
    return this.#lanes.isEmpty && Object.keys(this.#said).length === 0;
  }

  /** What one row may take. */
  get frameBytesMax(): number {
    return this.#limits.frameBytesMax - headsBytes;
  }

  /** Whether it has a number for this topic, or one to give. */
  knows(topic: string): boolean {
    return this.#topics.has(topic) || this.#topics.size < this.#limits.handlesMax;
  }

  topicOf(handle: number): string | undefined {
    return this.#names[handle - 1];
  }

  push(row: Row): void {
    this.#know(row.topic);
    this.#lanes.push(row);
  }

  #know(topic: string): void {
    if (this.#topics.has(topic)) return;
    this.#topics.set(topic, { handle: this.#names.push(topic), isBound: false });
  }

  /** The session's one consumer. */
  openConsumer(
    topic: string,
    options: { partition: readonly number[]; visibilityMs: number | undefined },
  ): void {
    this.#know(topic);
    const handle = this.#topicHandle(this.#said, topic);
    this.#said.consumer = [{ handle: 1, topic: handle, ...options, reportsStarted: true }];
  }

  credit(credits: number): void {
    const count = credits + (this.#said.credit?.[0]?.count ?? 0);
    this.#said.credit = [{ consumer: 1, count }];
  }

  started(firstDelivery: number, count: number): void {
    const ranges = this.#started;
    const last = ranges.at(-1);
    if (last !== undefined && last.firstDelivery + last.count === firstDelivery)
      last.count += count;
    else ranges.push({ firstDelivery, count });
    this.#said.started = ranges;
  }

  takeSaid(): Draft<SessionIn> {
    const said = this.#said;
    this.#said = {};
    this.#started = [];
    return said;
  }

  takeOlder(sinceMs: number): Row[] {
    return this.#lanes.takeOlder(sinceMs);
  }

  /** Undefined: nothing waits, or nothing of it may be sent yet. */
  next(): Draft<SessionIn> | undefined {
    return this.#fill(Math.min(cutBytes, this.frameBytesMax)) ?? this.#fill(this.frameBytesMax);
  }

  #fill(frameBytes: number): Draft<SessionIn> | undefined {
    const frame: Frame = this.takeSaid();
    const hasSaid = Object.keys(frame).length > 0;
    const { rowsMax, callsMax } = this.#limits;
    const room: Room = {
      frameBytes,
      windowBytes: this.windowBytesMax - this.#sentBytes,
      rowsMax,
    };
    let calls = 0;
    for (; calls < callsOfFrameMax && this.#calls.size < callsMax; calls += 1) {
      const rows = this.#lanes.take(room);
      const [first] = rows;
      if (first === undefined) break;
      this.#put(frame, first, rows);
    }
    return calls > 0 || hasSaid ? frame : undefined;
  }

  #put(frame: Frame, first: Row, rows: Row[]): void {
    const topic = this.#topicHandle(frame, first.topic);
    const call = this.#calls.open(rows, performance.now());
    if (first.kind !== "enqueue") {
      const settle = settleCall(rows as SettleRow[], { call, topic });
      frame.settle = [...(frame.settle ?? []), settle];
      return;
    }
    for (const row of rows) this.#sentBytes += windowBytesOf(row);
    const producer = this.#producerHandle(frame, first);
    const enqueue = enqueueCall(rows as EnqueueRow[], { call, topic, producer });
    frame.enqueue = [...(frame.enqueue ?? []), enqueue];
  }

  #topicHandle(frame: Frame, topic: string): number {
    const known = this.#topics.get(topic);
    if (known === undefined) return 0;
    const { handle } = known;
    if (!known.isBound) frame.topic = [...(frame.topic ?? []), { handle, topic }];
    known.isBound = true;
    return handle;
  }

  /** A client is one producer. */
  #producerHandle(frame: Frame, { request }: EnqueueRow): number {
    const { producerId, epoch = 0n } = request;
    if (producerId === undefined) return 0;
    if (!this.#hasProducer) frame.producer = [{ handle: 1, producerId, epoch: pairOf(epoch) }];
    this.#hasProducer = true;
    return 1;
  }
}
