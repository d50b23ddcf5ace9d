// A client's end of a session, which speaks the bytes of the contract: requests go into calls of many rows, answers come
// back by ranges, deliveries are settled by number. It holds the node to what it may say: one answer for each row, and
// numbers without a gap.

import type { ClientRequest, ClientResult, DeliveredItem } from "@disheap/core";
import {
  ColumnWriter,
  decodeSessionOut,
  type Draft,
  encodeSessionIn,
  SETTLE,
  u32At,
  type SessionIn,
  type SessionOut,
  type SettleRows,
} from "@disheap/proto/session";
import { RuleBroken } from "../../oracle/oracle.js";
import { type Enqueue, enqueued, enqueueRows, failed, isNextRow, itemsOf } from "./columns-of.js";

export type Settle = Extract<ClientRequest, { op: "ack" | "nack" | "release" | "extend" }>;

/** A request that becomes a row of a call. */
export interface Row<Request> {
  readonly id: number;
  readonly request: Request;
  readonly onResult: (result: ClientResult | undefined) => void;
}

interface Held {
  readonly number: number;
  readonly untilMs: number;
  isSettled: boolean;
}

interface Waiting {
  readonly row: Row<Enqueue | Settle>;
  /** Its answer has left the node; it has arrived. */
  isSaid: boolean;
  isDone: boolean;
}

/** What a frame says, as the calls of the contract would have said it. */
export interface News {
  readonly replies: {
    readonly call: number;
    readonly waiting: Waiting;
    readonly result: ClientResult;
  }[];
  readonly batches: {
    readonly consumer: number;
    readonly first: number;
    readonly items: DeliveredItem[];
    readonly leaseLeftMs: readonly number[];
  }[];
  readonly ends: { readonly consumer: number; readonly code: number }[];
  readonly windowBytes: number;
}

/** What a frame says of one row. */
interface Answer {
  readonly call: number;
  readonly row: number;
  readonly resultOf: (request: Enqueue | Settle) => ClientResult;
}

/** A frame to the node, and what is in it. */
export interface Sent {
  readonly frame: Uint8Array;
  readonly rows: readonly Row<Enqueue | Settle>[];
  readonly credits: number;
  /** Lease tokens of what it says to have started. */
  readonly started: readonly string[];
  readonly isEnd: boolean;
}

export interface ConsumerHooks {
  onItem(item: DeliveredItem): void;
  onEnd(code: number): void;
}

const ROWS_MAX = 64;

export class SessionClient {
  private readonly topics = new Map<string, number>();
  private readonly producers = new Map<string, number>();
  private readonly consumers = new Map<number, { readonly topic: string; hooks: ConsumerHooks }>();
  private readonly calls = new Map<number, Waiting[]>();
  /** By lease token: the delivery's number, good for one settle while the lease lasts. Afterwards the token is used. */
  private readonly held = new Map<string, Held>();
  private enqueues: Row<Enqueue>[] = [];
  private settles: Row<Settle>[] = [];
  private next: { -readonly [Name in keyof Draft<SessionIn>]: Draft<SessionIn>[Name] } = {};
  /** Lease tokens of what the next frame says to have started. */
  private started: string[] = [];
  private isEnd = false;
  private isOpened = false;
  private nextCall = 1;
  private nextDelivery = 1;
  private windowBytes = 0;
  private sentBytes = 0;
  private isLost = false;

  add(row: Row<Enqueue | Settle>): void {
    const { request } = row;
    if (request.op === "enqueue") this.enqueues.push({ ...row, request });
    else this.settles.push({ ...row, request });
  }

  /** Whether the delivery with this token came by this session. */
  holds(leaseToken: string): boolean {
    return this.held.has(leaseToken);
  }

  openConsumer(
    topic: string,
    options: { readonly partitions: readonly number[]; readonly visibilityMs: number | undefined },
    hooks: ConsumerHooks,
  ): number {
    const handle = this.consumers.size + 1;
    this.consumers.set(handle, { topic, hooks });
    this.next.consumer = [
      ...(this.next.consumer ?? []),
      {
        handle,
        topic: this.topicHandle(topic),
        partition: options.partitions,
        visibilityMs: options.visibilityMs,
        reportsStarted: true,
      },
    ];
    return handle;
  }

  credit(consumer: number, count: number): void {
    this.next.credit = [...(this.next.credit ?? []), { consumer, count }];
  }

  end(): void {
    this.isEnd = true;
    this.next.ends = true;
  }

  /** What was asked since the last flush, in one frame. */
  takeFrame(nowMs: number): Sent {
    const before = this.nextCall;
    const settle = this.takeSettles(nowMs);
    const enqueue = this.takeEnqueues();
    const rows: Row<Enqueue | Settle>[] = [];
    for (let call = before; call < this.nextCall; call += 1) {
      for (const { row } of this.calls.get(call) ?? []) rows.push(row);
    }
    const credits = (this.next.credit ?? []).reduce((sum, { count = 0 }) => sum + count, 0);
    const hello = this.isOpened
      ? undefined
      : { client: "simulated", level: 1, receiveBytesMax: 16 << 20 };
    this.isOpened = true;
    const frame = encodeSessionIn({ hello, ...this.next, settle, enqueue });
    const { started, isEnd } = this;
    this.next = {};
    this.started = [];
    return { frame, rows, credits, started, isEnd };
  }

  get hasNews(): boolean {
    return this.enqueues.length + this.settles.length + Object.keys(this.next).length > 0;
  }

  /** The session is lost: nobody knows what became of what waits. */
  lost(): void {
    this.isLost = true;
    const rows: Row<Enqueue | Settle>[] = [...this.enqueues, ...this.settles];
    for (const call of this.calls.values()) {
      for (const { row, isDone } of call) if (!isDone) rows.push(row);
    }
    this.enqueues = [];
    this.settles = [];
    this.calls.clear();
    for (const { onResult } of rows) onResult(undefined);
  }

  // --- frames out --------------------------------------------------------------------------------

  private takeEnqueues(): ReturnType<typeof enqueueRows>[] {
    const calls: ReturnType<typeof enqueueRows>[] = [];
    while (this.enqueues.length > 0) {
      const [{ request: first }] = this.enqueues;
      let count = 1;
      let bytes = first.payload.length;
      for (; count < Math.min(ROWS_MAX, this.enqueues.length); count += 1) {
        const { request } = this.enqueues[count];
        if (!isNextRow(this.enqueues[count - 1].request, request)) break;
        bytes += request.payload.length;
      }
      // Before the welcome nobody knows the window; it holds one message at the least.
      if (this.windowBytes > 0 && this.sentBytes + bytes > this.windowBytes) break;
      const rows = this.enqueues.splice(0, count);
      this.sentBytes += bytes;
      const { producer } = first;
      const handles = {
        topic: this.topicHandle(first.topic),
        producer: producer ? this.producerHandle(producer.producerId, producer.epochLo) : 0,
      };
      const call = this.openCall(rows);
      calls.push(
        enqueueRows(
          rows.map(({ request }) => request),
          call,
          handles,
        ),
      );
    }
    return calls;
  }

  /** What follows each other and is settled alike goes into one call. */
  private takeSettles(nowMs: number): Draft<SettleRows>[] {
    const calls: Draft<SettleRows>[] = [];
    let open: Row<Settle>[] = [];
    let numbers: number[] = [];
    const close = (): void => {
      if (open.length > 0) calls.push(this.settleCall(open, numbers));
      open = [];
      numbers = [];
    };
    for (const row of this.settles) {
      const number = this.numberFor(row.request, nowMs);
      const isByNumber = number !== undefined;
      const isAlike =
        open.length > 0 &&
        open.length < ROWS_MAX &&
        numbers.length > 0 === isByNumber &&
        isSettledAlike(open[0].request, row.request);
      if (!isAlike) close();
      open.push(row);
      if (isByNumber) numbers.push(number);
    }
    close();
    this.settles = [];
    return calls;
  }

  /** By numbers, or by tokens where there are none. */
  private settleCall(rows: readonly Row<Settle>[], numbers: readonly number[]): Draft<SettleRows> {
    const [{ request: first }] = rows;
    const delivery = new ColumnWriter();
    for (const number of numbers) delivery.u64(number);
    const requests = rows.map(({ request }) => request);
    const byToken = {
      topic: this.topicHandle(first.topic),
      messageId: requests.flatMap((one) => (one.op === "extend" ? [] : [one.messageId])),
      leaseToken: requests.map(({ leaseToken }) => leaseToken),
    };
    return {
      call: this.openCall(rows),
      kind: SETTLE[first.op],
      ...(numbers.length === 0 ? byToken : { delivery: delivery.view() }),
      backoffMs: first.op === "nack" ? first.backoffMs : undefined,
      extensionMs: first.op === "extend" ? first.extensionMs : 0,
    };
  }

  private numberFor({ leaseToken, op }: Settle, nowMs: number): number | undefined {
    const held = this.held.get(leaseToken);
    if (!held || held.isSettled || nowMs >= held.untilMs) return undefined;
    held.isSettled = op !== "extend";
    return held.number;
  }

  private openCall(rows: readonly Row<Enqueue | Settle>[]): number {
    const number = this.nextCall;
    this.nextCall += 1;
    this.calls.set(
      number,
      rows.map((row) => ({ row, isSaid: false, isDone: false })),
    );
    return number;
  }

  private topicHandle(topic: string): number {
    const known = this.topics.get(topic);
    if (known !== undefined) return known;
    const handle = this.topics.size + 1;
    this.topics.set(topic, handle);
    this.next.topic = [...(this.next.topic ?? []), { handle, topic }];
    return handle;
  }

  private producerHandle(producerId: string, epochLo: number): number {
    const key = `${producerId}/${epochLo}`;
    const known = this.producers.get(key);
    if (known !== undefined) return known;
    const handle = this.producers.size + 1;
    this.producers.set(key, handle);
    const epoch = { hi: 0, lo: epochLo };
    this.next.producer = [...(this.next.producer ?? []), { handle, producerId, epoch }];
    return handle;
  }

  // --- frames in ---------------------------------------------------------------------------------

  /** What a part of a frame says, as its node hands it over; its deliveries have no numbers yet. */
  said(part: Uint8Array): {
    readonly replies: readonly { readonly id: number; readonly result: ClientResult }[];
    readonly items: readonly DeliveredItem[];
  } {
    const out = decodeSessionOut(part);
    const replies = this.answersIn(out).map(({ call, row, resultOf }) => {
      const waiting = this.calls.get(call)?.at(row);
      if (!waiting || waiting.isSaid) broken(`row ${row} of call ${call} waits for no answer`);
      waiting.isSaid = true;
      return { id: waiting.row.id, result: resultOf(waiting.row.request) };
    });
    const items = out.delivered.flatMap((rows) => itemsOf(rows, this.topicOf(rows.consumer)));
    return { replies, items };
  }

  /** As the frame leaves the node. */
  read(frame: Uint8Array): News {
    const out = decodeSessionOut(frame);
    const news: News = {
      replies: [],
      batches: [],
      ends: out.ended.map(({ consumer, code }) => ({ consumer, code })),
      windowBytes: out.enqueueBytesMax,
    };
    for (const { call, row, resultOf } of this.answersIn(out)) {
      const waiting = this.calls.get(call)?.at(row);
      if (!waiting?.isSaid) broken(`row ${row} of call ${call} was answered by nobody`);
      news.replies.push({ call, waiting, result: resultOf(waiting.row.request) });
    }
    for (const rows of out.delivered) {
      if (rows.firstDelivery !== this.nextDelivery) {
        broken(`delivery ${rows.firstDelivery} comes after ${this.nextDelivery - 1}`);
      }
      const items = itemsOf(rows, this.topicOf(rows.consumer));
      this.nextDelivery += items.length;
      const leaseLeftMs = items.map((_, row) => u32At(rows.leaseLeftMs, row));
      const { consumer, firstDelivery: first } = rows;
      news.batches.push({ consumer, first, items, leaseLeftMs });
    }
    return news;
  }

  private topicOf(consumer: number): string {
    const topic = this.consumers.get(consumer)?.topic;
    if (topic === undefined) broken(`a delivery for consumer ${consumer}`);
    return topic;
  }

  /** Row by row. Who is lost waits for nothing. */
  private answersIn(out: SessionOut): Answer[] {
    const answers: Answer[] = [];
    if (this.isLost) return answers;
    const say = (call: number, row: number, resultOf: Answer["resultOf"]): void => {
      answers.push({ call, row, resultOf });
    };
    for (const range of out.enqueued) {
      for (let i = 0; i < range.count; i += 1) {
        const result = enqueued(range, range.firstOffset + i, range.partition, false);
        say(range.call, range.firstRow + i, () => result);
      }
    }
    for (const row of out.duplicate) {
      const result = enqueued(row, row.offset, row.partition, true);
      say(row.call, row.row, () => result);
    }
    for (const { call, firstRow, count } of out.settled) {
      for (let i = 0; i < count; i += 1) {
        say(call, firstRow + i, ({ op }) => {
          if (op === "enqueue") broken("an enqueue was answered as a settle");
          return { ok: true, op };
        });
      }
    }
    for (const range of out.failed) {
      const all = this.calls.get(range.call)?.length ?? 0;
      const count = range.count === 0 ? all : range.count;
      const result = failed(range);
      for (let i = 0; i < count; i += 1) say(range.call, range.firstRow + i, () => result);
    }
    return answers;
  }

  /** As it arrives at the client. */
  take({ replies, batches, ends, windowBytes }: News, nowMs: number): void {
    if (windowBytes > 0) this.windowBytes = windowBytes;
    for (const { call, waiting, result } of replies) {
      waiting.isDone = true;
      if (this.calls.get(call)?.every(({ isDone }) => isDone) === true) this.calls.delete(call);
      waiting.row.onResult(result);
    }
    for (const { consumer, first, items, leaseLeftMs } of batches) {
      // What comes after the end is of those that go back (D-94).
      if (this.isEnd) continue;
      this.next.started = [
        ...(this.next.started ?? []),
        { firstDelivery: first, count: items.length },
      ];
      for (const { leaseToken } of items) this.started.push(leaseToken);
      items.forEach((item, row) => {
        const untilMs = nowMs + leaseLeftMs[row];
        this.held.set(item.leaseToken, { number: first + row, untilMs, isSettled: false });
        this.consumers.get(consumer)?.hooks.onItem(item);
      });
    }
    for (const { consumer, code } of ends) this.consumers.get(consumer)?.hooks.onEnd(code);
  }
}

function broken(message: string): never {
  throw new RuleBroken({ rule: "Q23", message });
}

/** Whether one call may hold both. */
function isSettledAlike(a: Settle, b: Settle): boolean {
  if (a.topic !== b.topic || a.op !== b.op) return false;
  if (a.op === "nack" && b.op === "nack") return a.backoffMs === b.backoffMs;
  return a.op !== "extend" || b.op !== "extend" || a.extensionMs === b.extensionMs;
}
