// A session driven by hand: frames as drafts or as bytes, and everything that comes back, in order. It holds every
// node to what the contract says of frames: one welcome, first; rows answered once; deliveries numbered without a
// gap; no frame above what the client takes; nothing after the end.

import assert from "node:assert/strict";
import { SessionService } from "@disheap/proto";
import {
  type DeliveryRows,
  decodeSessionOut,
  type Draft,
  type EnqueueRows,
  encodeSessionIn,
  type PartitionRoute,
  type SessionIn,
  type SessionOut,
  type SessionWelcome,
  type SettleRows,
} from "@disheap/proto/session";
import {
  type Client,
  type ClientDuplexStream,
  status as Status,
  type StatusObject,
} from "@grpc/grpc-js";
import { MAX_WAIT_MS } from "../wait.js";
import { Answers, type RowAnswer } from "./answers.js";

const OK: number = Status.OK;
/** What a client takes that names no limit. */
const RECEIVE_BYTES = 4 << 20;

export const HELLO = { client: "conformance", level: 1 };

const asIs = <Bytes>(bytes: Bytes): Bytes => bytes;

export class RawSession {
  readonly frames: SessionOut[] = [];
  readonly problems: string[] = [];
  /** How its stream ended, and when on the monotonic clock. */
  status: StatusObject | undefined;
  endedAt = Number.POSITIVE_INFINITY;
  /** Told of each frame, and of the end. */
  onNews: (frame: SessionOut | undefined) => void = () => undefined;
  private readonly stream: ClientDuplexStream<Buffer, Buffer>;
  private readonly answers = new Answers((problem) => this.problems.push(problem));
  private readonly topics = new Map<string, number>();
  private receiveBytesMax = RECEIVE_BYTES;
  private call = 0;
  private sentBytes = 0;
  private grantedBytes = 0;
  private nextDelivery = 1;
  private watchers: (() => void)[] = [];

  /** Nothing is sent yet. */
  constructor(client: Client) {
    const { path } = SessionService.open;
    this.stream = client.makeBidiStreamRequest<Buffer, Buffer>(path, asIs, asIs);
    this.stream.on("data", (bytes: Buffer) => {
      this.take(bytes);
    });
    this.stream.on("status", (status: StatusObject) => {
      this.status = status;
      this.endedAt = performance.now();
      const { details: message } = status;
      const code: number = status.code;
      this.answers.end({ code: code === OK ? Status.UNAVAILABLE : code, message, mayBeDone: true });
      this.onNews(undefined);
      this.wake();
    });
    // The status event says the same.
    this.stream.on("error", () => undefined);
  }

  get isOpen(): boolean {
    return this.status === undefined && this.end === undefined;
  }

  get welcome(): SessionWelcome | undefined {
    return this.frames[0]?.welcome;
  }

  get end(): SessionOut["end"] {
    return this.frames.at(-1)?.end;
  }

  get enqueueBytesMax(): number {
    return this.grantedBytes;
  }

  /** Payload that may be sent now. */
  get windowBytes(): number {
    return this.grantedBytes - this.sentBytes;
  }

  get deliveries(): DeliveryRows[] {
    return this.frames.flatMap(({ delivered }) => delivered);
  }

  get deliveredRows(): number {
    return this.nextDelivery - 1;
  }

  get routes(): PartitionRoute[] {
    return this.frames.flatMap(({ route }) => route);
  }

  send(draft: Draft<SessionIn>): this {
    this.receiveBytesMax = draft.hello?.receiveBytesMax ?? this.receiveBytesMax;
    for (const { payload } of draft.enqueue ?? []) this.sentBytes += payload?.length ?? 0;
    for (const { call = 0 } of [...(draft.enqueue ?? []), ...(draft.settle ?? [])]) {
      this.answers.leaves(call);
    }
    return this.sendBytes(encodeSessionIn(draft));
  }

  sendBytes(bytes: Uint8Array): this {
    if (this.status === undefined) this.stream.write(Buffer.from(bytes));
    return this;
  }

  /** The handle of a topic, bound in its own frame the first time. */
  topic(name: string): number {
    const known = this.topics.get(name);
    if (known !== undefined) return known;
    const handle = this.topics.size + 1;
    this.topics.set(name, handle);
    this.send({ topic: [{ handle, topic: name }] });
    return handle;
  }

  nextCall(): number {
    this.call += 1;
    return this.call;
  }

  /** A call of its own, with the next number unless `rows` has one. */
  enqueue(
    rows: Draft<EnqueueRows>,
    count = (rows.priority?.length ?? 0) / 8,
  ): Promise<RowAnswer[]> {
    const call = rows.call ?? this.nextCall();
    const answered = this.expect(call, count);
    this.send({ enqueue: [{ ...rows, call }] });
    return answered;
  }

  settle(rows: Draft<SettleRows>): Promise<RowAnswer[]> {
    const call = rows.call ?? this.nextCall();
    const count = (rows.delivery?.length ?? 0) / 8 + (rows.leaseToken?.length ?? 0);
    const answered = this.expect(call, count);
    this.send({ settle: [{ ...rows, call }] });
    return answered;
  }

  /** The answers to a call that is sent by hand. */
  async expect(call: number, count: number): Promise<RowAnswer[]> {
    let rows: RowAnswer[] | undefined;
    void this.answers.expect(call, count).then((answers) => {
      rows = answers;
      this.wake();
    });
    await this.until(`call ${String(call)} is answered`, () => rows !== undefined);
    return rows ?? [];
  }

  /** Until the welcome, or else the end. */
  async opened(): Promise<this> {
    await this.until("a welcome", () => this.welcome !== undefined || !this.isOpen);
    return this;
  }

  async ended(): Promise<StatusObject> {
    await this.until("the end of the session", () => this.status !== undefined);
    if (this.status === undefined) throw new Error("no status");
    return this.status;
  }

  halfClose(): void {
    this.stream.end();
  }

  /** The link breaks. */
  cancel(): void {
    this.stream.cancel();
  }

  /** Reads nothing any more. */
  pause(): void {
    this.stream.pause();
  }

  resume(): void {
    this.stream.resume();
  }

  async until(what: string, holds: () => boolean): Promise<void> {
    const limitMs = Date.now() + MAX_WAIT_MS;
    while (!holds()) {
      const leftMs = limitMs - Date.now();
      if (leftMs <= 0) throw new Error(`after ${String(MAX_WAIT_MS)} ms not yet: ${what}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.watchers.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  private take(bytes: Buffer): void {
    const frame = decodeSessionOut(bytes);
    const isFirst = this.frames.length === 0;
    if (this.end !== undefined) this.problems.push("a frame after the end");
    if (bytes.length > this.receiveBytesMax) {
      this.problems.push(`a frame of ${String(bytes.length)} bytes`);
    }
    if (!isFirst && frame.welcome !== undefined) this.problems.push("a second welcome");
    if (isFirst && frame.welcome === undefined && frame.end === undefined) {
      this.problems.push("the first frame has no welcome");
    }
    for (const rows of frame.delivered) this.number(rows);
    if (frame.enqueueBytesMax > 0) {
      if (frame.enqueueBytesMax < this.grantedBytes) this.problems.push("the window shrank");
      this.grantedBytes = frame.enqueueBytesMax;
    }
    this.frames.push(frame);
    this.answers.take(frame);
    this.onNews(frame);
    this.wake();
  }

  private number({ firstDelivery, length }: DeliveryRows): void {
    if (firstDelivery !== this.nextDelivery) {
      const [got, wanted] = [String(firstDelivery), String(this.nextDelivery)];
      this.problems.push(`deliveries go on with ${got}, not ${wanted}`);
    }
    this.nextDelivery = firstDelivery + length.length / 4;
  }

  /** Fails when its node said what none may say. */
  assertSound(): void {
    assert.deepEqual(this.problems, []);
  }

  private wake(): void {
    const watchers = this.watchers;
    this.watchers = [];
    for (const watcher of watchers) watcher();
  }
}
