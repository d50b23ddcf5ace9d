// A session with a node of the cluster in memory: rows in columns as a client sends them, answers and deliveries as
// they come. It makes one frame of what was asked since the last one, and looks at no more than it must.

import type { SessionPart } from "@disheap/core";
import {
  ColumnWriter,
  decodeSessionOut,
  type Draft,
  encodeSessionIn,
  SETTLE,
  type SessionIn,
} from "@disheap/proto/session";

const RECEIVE_BYTES_MAX = 16 << 20;
const HANDLE = 1;

export interface CoreSessionEvents {
  readonly send: (frame: Uint8Array) => void;
  /** So many rows of enqueues, or of acknowledgements, were answered well; or badly. */
  readonly enqueued: (rows: number) => void;
  readonly acknowledged: (rows: number) => void;
  readonly failed: (rows: number, message: string) => void;
}

export class CoreSession {
  private readonly events: CoreSessionEvents;
  private call = 0;
  private sequence = 1;
  private nextDelivery = 1;
  private priority = new ColumnWriter();
  private length = new ColumnWriter();
  private payload = new ColumnWriter();
  private rows = 0;
  private delivered = new ColumnWriter();
  private credits = 0;
  private opening: Draft<SessionIn> | undefined;

  constructor(topic: string, events: CoreSessionEvents) {
    this.events = events;
    this.opening = {
      hello: { client: "bench", level: 1, receiveBytesMax: RECEIVE_BYTES_MAX },
      topic: [{ handle: HANDLE, topic }],
      producer: [{ handle: HANDLE, producerId: "bench", epoch: { hi: 0, lo: 1 } }],
      consumer: [{ handle: HANDLE, topic: HANDLE, reportsStarted: true }],
    };
  }

  enqueue(payload: Uint8Array, priority: number): void {
    this.priority.pair(0, priority);
    this.length.u32(payload.length);
    this.payload.raw(payload);
    this.rows += 1;
  }

  credit(count: number): void {
    this.credits += count;
  }

  /** What was asked for since the last frame. */
  flush(): void {
    const { rows, credits } = this;
    const delivery = this.delivered.view();
    if (rows === 0 && delivery.length === 0 && credits === 0) return;
    const acks = { topic: HANDLE, kind: SETTLE.ack, delivery };
    const enqueue = {
      topic: HANDLE,
      producer: HANDLE,
      firstSequence: { hi: 0, lo: this.sequence },
      priority: this.priority.view(),
      length: this.length.view(),
      payload: this.payload.view(),
    };
    const frame = encodeSessionIn({
      ...this.opening,
      ...(delivery.length > 0 ? { settle: [{ call: ++this.call, ...acks }] } : {}),
      ...(rows > 0 ? { enqueue: [{ call: ++this.call, ...enqueue }] } : {}),
      ...(credits > 0 ? { credit: [{ consumer: HANDLE, count: credits }] } : {}),
    });
    this.opening = undefined;
    this.sequence += rows;
    this.priority = new ColumnWriter(rows * 8);
    this.length = new ColumnWriter(rows * 4);
    this.payload = new ColumnWriter(rows * 256);
    this.delivered = new ColumnWriter(delivery.length);
    this.rows = 0;
    this.credits = 0;
    this.events.send(frame);
  }

  /** The transport takes it: deliveries get their numbers, and are acknowledged in the next frame. */
  take(part: SessionPart): void {
    const frame = decodeSessionOut(part.encode(this.nextDelivery, part.leaseLeftMs));
    for (const { count } of frame.enqueued) this.events.enqueued(count);
    if (frame.duplicate.length > 0) this.events.failed(frame.duplicate.length, "a duplicate");
    for (const { count } of frame.settled) this.events.acknowledged(count);
    for (const { count, message } of frame.failed) this.events.failed(count, message);
    if (frame.end) this.events.failed(1, frame.end.message);
    for (let row = 0; row < part.rows; row += 1) this.delivered.u64(this.nextDelivery + row);
    this.nextDelivery += part.rows;
    this.credits += part.rows;
  }
}
