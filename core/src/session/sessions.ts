// All sessions of this node: frames in, frames out, consumers, ends (docs/api/session.md; D-94 to D-98). Enqueues and
// settles are in calls.ts; a consumer is a stream like any other (edge/streams), with this as its carrier. Invariant:
//   OWN1 `owners` names the consumers of the sessions that are not gone: a stream that is open has its consumer.

import type { GrantCredits, OpenConsumer, SessionIn } from "@disheap/proto/session";
import type { PartitionPlace, TopicRecord } from "../cluster/cluster-state.js";
import { assert } from "../lib/assert.js";
import type { Failure, SessionEvent, SessionPart } from "../contract/api.js";
import { GRPC_STATUS } from "../contract/error-codes.js";
import type { HostContext } from "../member/context.js";
import type { GrantedItem } from "../wire/messages.js";
import type { Operations } from "../edge/requests/operations.js";
import type { RequestEnd } from "../edge/requests/requests.js";
import { STARTING } from "../edge/requests/starting.js";
import { invalid, sessionProblem } from "../edge/requests/validate.js";
import type { EdgeStream } from "../edge/streams/edge-stream.js";
import type { StreamCarrier } from "../edge/streams/stream-carrier.js";
import type { Streams } from "../edge/streams/streams.js";
import { Answers } from "./answers.js";
import { Calls } from "./calls.js";
import { DeliveryBatch } from "./delivery-batch.js";
import { taken } from "../contract/limits/judge.js";
import { CALL_ROWS_MAX, SESSION } from "../contract/limits/sessions.js";
import { bindProducer, bindTopic, handleProblem } from "./handles.js";
import {
  CALLS_MAX,
  DELIVERIES_MAX,
  DELIVERY_ROW_BYTES,
  ENQUEUE_WINDOW_BYTES,
  FRAME_CUT_BYTES,
  HANDLES_MAX,
  SESSION_LEVEL,
  WINDOW_SLACK_BYTES,
} from "./limits.js";
import type { Delivery } from "./ring.js";
import { hasNews, takeParts } from "./parts.js";
import { helloProblem, readFrame } from "./read-frame.js";
import { tellRoutes } from "./routes.js";
import { type Consumer, Session } from "./session.js";

const ROUTES_EVERY_MS = 500;
const SWEEP_EVERY_MS = 1000;

export class Sessions implements StreamCarrier {
  private readonly context: HostContext;
  private readonly operations: Operations;
  private readonly findTopic: (topic: string) => TopicRecord | undefined;
  private readonly streams: () => Streams;
  private readonly calls: Calls;
  /** By the carrier's number, until the carrier says that the link is gone. */
  private readonly sessions = new Map<number, Session>();
  /** Consumers by their number among all streams. */
  private readonly owners = new Map<number, { session: Session; consumer: Consumer }>();
  /** In the order in which something came to wait for a frame. */
  private readonly toFlush = new Set<Session>();
  private nextStream = -1;
  private routesMs = 0;
  private sweptMs = 0;

  constructor(
    context: HostContext,
    operations: Operations,
    around: {
      readonly findTopic: (topic: string) => TopicRecord | undefined;
      readonly streams: () => Streams;
    },
  ) {
    this.context = context;
    this.operations = operations;
    this.findTopic = around.findTopic;
    this.streams = around.streams;
    this.calls = new Calls(context, operations, {
      findTopic: around.findTopic,
      changed: (session) => this.toFlush.add(session),
    });
  }

  get openCount(): number {
    let count = 0;
    for (const { isGone } of this.sessions.values()) if (!isGone) count += 1;
    return count;
  }

  /** Sessions, consumers and calls of which something is kept. */
  get heldCount(): number {
    return this.sessions.size + this.owners.size + this.calls.size;
  }

  batchEnded(call: number, leg: number, end: RequestEnd): void {
    this.calls.batchEnded(call, leg, end);
  }

  // --- the client's side -------------------------------------------------------------------------

  onEvent(event: SessionEvent, isReady: boolean): void {
    const session = this.sessions.get(event.sessionId);
    switch (event.kind) {
      case "session.frame":
        if (session) this.onFrame(session, event.frame);
        else this.open(event.sessionId, event.frame, isReady);
        break;
      case "session.written":
        session?.wordsHandedMs.splice(0, event.words);
        if (session) this.onSettled(session, event.batches, true);
        break;
      case "session.returned":
        if (session) this.onSettled(session, event.batches, false);
        break;
      case "session.drained":
        if (session) this.onDrained(session);
        break;
      case "session.half-close":
        if (session && !session.isGone) this.endInOrder(session);
        break;
      case "session.gone":
        if (session) this.onGone(session);
        break;
    }
  }

  private open(sessionId: number, frame: Uint8Array, isReady: boolean): void {
    const read = readFrame(frame);
    const hello = "failure" in read ? undefined : read.message.hello;
    const { nodeLimits } = this.context;
    const { receiveBytesMax: limit } = SESSION.fields;
    const receiveBytesMax = taken(limit, hello?.receiveBytesMax, nodeLimits);
    const { messageBytesMax } = this.context.config.limits;
    const windowBytes = Math.max(ENQUEUE_WINDOW_BYTES, messageBytesMax + WINDOW_SLACK_BYTES);
    const session = new Session(sessionId, windowBytes, receiveBytesMax);
    const failure =
      ("failure" in read ? read.failure : helloProblem(hello, nodeLimits)) ??
      (isReady ? this.context.budgets.sessionProblem(this.openCount) : STARTING);
    this.sessions.set(sessionId, session);
    if (failure || "failure" in read) {
      this.fail(session, failure ?? STARTING);
      return;
    }
    const parts = takeParts(session, {
      welcome: {
        level: SESSION_LEVEL,
        node: this.context.config.node,
        frameBytesMax: messageBytesMax,
        messageBytesMax,
        rowsMax: CALL_ROWS_MAX,
        callsMax: CALLS_MAX,
        handlesMax: HANDLES_MAX,
        deliveriesMax: DELIVERIES_MAX,
      },
    });
    this.emit(session, parts);
    this.take(session, read.message);
  }

  private onFrame(session: Session, frame: Uint8Array): void {
    if (session.isGone || session.isEnding) return;
    const read = readFrame(frame);
    if ("failure" in read) this.fail(session, read.failure);
    else if (read.message.hello) this.fail(session, invalid("hello comes in the first frame only"));
    else this.take(session, read.message);
  }

  /** What is in a frame, in the order that the contract names. */
  private take(session: Session, message: SessionIn): void {
    session.beginFrame();
    const node = this.context.nodeLimits;
    let failure: Failure | undefined;
    for (const bind of message.topic) failure ??= bindTopic(session, bind, node);
    for (const bind of message.producer) failure ??= bindProducer(session, bind, node);
    for (const one of message.consumer) failure ??= this.openConsumer(session, one);
    if (failure) {
      this.fail(session, failure);
      return;
    }
    for (const rows of message.settle) this.calls.settle(session, rows);
    for (const rows of message.enqueue) this.calls.enqueue(session, rows);
    for (const { firstDelivery, count } of message.started) {
      failure ??= sessionProblem("started", count, node);
      if (!failure) session.ring.start(firstDelivery, count);
    }
    for (const credit of message.credit) failure ??= this.credit(session, credit);
    for (const handle of message.close) failure ??= this.closeConsumer(session, handle);
    if (failure) this.fail(session, failure);
    else if (message.ends) this.endInOrder(session);
  }

  // --- consumers ---------------------------------------------------------------------------------

  private openConsumer(session: Session, open: OpenConsumer): Failure | undefined {
    const topic = session.topics.get(open.topic);
    const failure =
      handleProblem("consumer", open.handle, session.consumers, this.context.nodeLimits) ??
      (topic === undefined
        ? invalid(`topic ${open.topic} is not bound; bind it first`)
        : undefined);
    if (failure || topic === undefined) return failure;
    const clientStream = this.nextStream;
    this.nextStream -= 1;
    const { handle, reportsStarted, visibilityMs } = open;
    const consumer = {
      handle,
      clientStream,
      reportsStarted,
      credits: 0,
      roomSinceMs: 0,
      isEnded: false,
      isClosed: false,
    };
    session.consumers.set(handle, consumer);
    this.owners.set(clientStream, { session, consumer });
    if (!session.routed.has(open.topic)) {
      session.routed.set(open.topic, { handle: open.topic, topic, leaders: [] });
    }
    this.streams().onFilter({
      kind: "stream.filter",
      streamId: clientStream,
      topic,
      partitionIds: open.partition,
      ...(visibilityMs === undefined ? {} : { visibilityMs }),
    });
    return undefined;
  }

  private credit(session: Session, { consumer: handle, count }: GrantCredits): Failure | undefined {
    const consumer = session.consumers.get(handle);
    if (!consumer)
      return invalid(`consumer ${handle} was never opened; open it before its credits`);
    if (consumer.isEnded) return undefined;
    const wrong = sessionProblem("credits", count, this.context.nodeLimits);
    if (wrong) return wrong;
    if (session.promised + count > DELIVERIES_MAX) {
      return {
        code: "RESOURCE_EXHAUSTED",
        message:
          `a session holds at most ${DELIVERIES_MAX} deliveries and credits together; settle what it holds, or open ` +
          "another session",
      };
    }
    consumer.isClosed = false;
    this.addRoom(consumer, count);
    this.streams().onCredits(consumer.clientStream, count);
    return undefined;
  }

  private addRoom(consumer: Consumer, count: number): void {
    if (consumer.credits === 0) consumer.roomSinceMs = this.context.monotonicMs;
    consumer.credits += count;
  }

  private closeConsumer(session: Session, handle: number): Failure | undefined {
    const consumer = session.consumers.get(handle);
    if (!consumer) return invalid(`consumer ${handle} was never opened`);
    consumer.credits = 0;
    consumer.isClosed = true;
    this.streams().stopAsking(consumer.clientStream);
    return undefined;
  }

  problemWith(clientStream: number, { payload, producer }: GrantedItem): Failure | undefined {
    const most = this.owners.get(clientStream)?.session.receiveBytesMax ?? 0;
    const nameBytes = producer ? producer.producerId.length * 3 : 0;
    const bytes = payload.length + nameBytes + DELIVERY_ROW_BYTES;
    if (bytes <= most) return undefined;
    return {
      code: "RESOURCE_EXHAUSTED",
      message:
        `the next message has ${payload.length} bytes and this client takes frames of ${most}; raise its receive ` +
        "limit, or consume with a client that takes more",
    };
  }

  deliver(stream: EdgeStream, place: PartitionPlace, item: GrantedItem, leaseLeftMs: number): void {
    const owner = this.owners.get(stream.clientStream);
    assert(owner !== undefined, "OWN1: what is delivered has a consumer");
    const { session, consumer } = owner;
    const bytes = item.payload.length + DELIVERY_ROW_BYTES;
    if (session.batchBytes > 0 && session.batchBytes + bytes > FRAME_CUT_BYTES)
      this.flushOne(session);
    session.batchBytes += bytes;
    this.observe(stream.topic, consumer, item);
    consumer.credits = Math.max(0, consumer.credits - 1);
    session.batchFor(consumer, this.context.monotonicMs, leaseLeftMs).add(place, item);
    this.toFlush.add(session);
  }

  /** What was given out before has no known moment of becoming ready again. */
  private observe(topic: string, consumer: Consumer, item: GrantedItem): void {
    const { observer, monotonicMs, wallMs } = this.context;
    const { roomSinceMs } = consumer;
    consumer.roomSinceMs = monotonicMs;
    if (item.attempts > 1) return;
    const sinceEnqueuedMs = Math.max(0, wallMs - item.enqueuedMs);
    observer?.rowDelivered?.(topic, Math.min(monotonicMs - roomSinceMs, sinceEnqueuedMs));
  }

  /** What one consumer's client does not read, those that share its session do not read either. */
  recall(clientStream: number): void {
    const session = this.owners.get(clientStream)?.session;
    if (!session) return;
    session.recalledMs ??= this.context.monotonicMs;
    for (const consumer of session.consumers.values()) this.streams().hold(consumer.clientStream);
    this.askBack(session);
  }

  /** What the transport has not taken is settled by then, as returned. */
  private askBack(session: Session): void {
    if (session.batches.length > 0) this.flushOne(session);
    this.context.reply({ kind: "session.recall", sessionId: session.id });
  }

  ended(clientStream: number, failure: Failure | undefined): void {
    const owner = this.owners.get(clientStream);
    if (!owner) return;
    const { session, consumer } = owner;
    consumer.isEnded = true;
    consumer.credits = 0;
    session.ended.push({
      consumer: consumer.handle,
      code: failure ? GRPC_STATUS[failure.code] : 0,
      message: failure?.message ?? "",
    });
    this.toFlush.add(session);
  }

  // --- parts out ---------------------------------------------------------------------------------

  /** All that waits leaves. */
  flush(): void {
    for (const session of this.toFlush) {
      if (session.isGone) {
        session.answers = new Answers();
        continue;
      }
      while (hasNews(session)) this.flushOne(session);
      const isDone = session.isEnding && session.handed.length === 0 && session.calls === 0;
      if (isDone) this.finish(session);
    }
    this.toFlush.clear();
  }

  private flushOne(session: Session): void {
    this.emit(session, takeParts(session));
  }

  private emit(session: Session, parts: readonly SessionPart[]): void {
    const now = this.context.monotonicMs;
    for (const part of parts) {
      if (part instanceof DeliveryBatch) session.hand(part, now);
      else session.wordsHandedMs.push(now);
    }
    this.context.reply({ kind: "session.parts", sessionId: session.id, parts });
  }

  /** What is settled after the end of the session counts as well. */
  private onSettled(session: Session, count: number, isWritten: boolean): void {
    const kind = isWritten ? "stream.written" : "stream.returned";
    for (const { clientStream, rows } of session.settle(count, isWritten)) {
      this.streams().onSettled({ kind, streamId: clientStream, count: rows });
      const consumer = this.owners.get(clientStream)?.consumer;
      if (isWritten || !consumer || consumer.isEnded) continue;
      // Its credits are not spent.
      if (consumer.isClosed) this.streams().stopAsking(clientStream);
      else this.addRoom(consumer, rows);
    }
    const isLast = count > 0 && session.handed.length === 0;
    if (isLast && session.isEnding && !session.isGone) this.giveBackUnstarted(session);
  }

  private onDrained(session: Session): void {
    session.recalledMs = undefined;
    for (const { clientStream } of session.consumers.values()) {
      this.streams().onDrained(clientStream);
    }
  }

  // --- ends --------------------------------------------------------------------------------------

  /** The client ends it: what its handlers did not start goes back at once, what they have stays whole (D-94). */
  private endInOrder(session: Session): void {
    session.isEnding = true;
    session.endingMs = this.context.monotonicMs;
    for (const { clientStream } of session.consumers.values()) {
      this.streams().retire(clientStream, true);
    }
    if (session.batches.length + session.handed.length > 0) this.askBack(session);
    else this.giveBackUnstarted(session);
    this.toFlush.add(session);
  }

  /** Once it is known what was written. */
  private giveBackUnstarted(session: Session): void {
    const back: Delivery[] = [];
    for (const [number, delivery] of session.ring.entries()) {
      const consumer = this.owners.get(delivery.clientStream)?.consumer;
      if (!consumer?.reportsStarted || delivery.isStarted) continue;
      back.push(delivery);
      session.ring.remove(number);
    }
    this.calls.giveBack(session, back);
    this.toFlush.add(session);
  }

  /** After the last answer. */
  private finish(session: Session): void {
    this.emit(session, takeParts(session, {}, { end: { code: 0 } }));
    this.drop(session);
    this.context.reply({ kind: "session.end", sessionId: session.id });
  }

  private fail(session: Session, failure: Failure): void {
    const end = { code: GRPC_STATUS[failure.code], message: failure.message };
    this.emit(session, takeParts(session, {}, { end }));
    this.drop(session);
    this.context.reply({ kind: "session.end", sessionId: session.id, failure });
  }

  private endStalled(session: Session): void {
    if (session.batches.length > 0) this.flushOne(session);
    this.drop(session);
    this.context.reply({ kind: "session.end", sessionId: session.id, failure: STALLED });
  }

  /** Nothing more is said to it. The carrier still settles what it has; what was written keeps its grace. */
  private drop(session: Session): void {
    session.isGone = true;
    for (const { clientStream } of session.consumers.values()) {
      this.streams().retire(clientStream, session.isEnding);
      this.owners.delete(clientStream);
    }
    session.consumers.clear();
  }

  /** What the carrier has not settled by now, it never wrote. */
  private onGone(session: Session): void {
    const held = new Set(session.handed.map(({ batch }) => batch.clientStream));
    for (const { clientStream } of session.consumers.values()) held.add(clientStream);
    for (const clientStream of held) this.streams().onCancel(clientStream, session.isEnding);
    this.drop(session);
    this.sessions.delete(session.id);
  }

  tick(): void {
    const now = this.context.monotonicMs;
    const isForRoutes = now - this.routesMs >= ROUTES_EVERY_MS;
    const isForSweep = now - this.sweptMs >= SWEEP_EVERY_MS;
    if (isForRoutes) this.routesMs = now;
    if (isForSweep) this.sweptMs = now;
    const { streamStallMs, requestTimeoutMs } = this.context.config.defaults;
    for (const session of this.sessions.values()) {
      if (session.isGone) continue;
      if (isForSweep) session.ring.sweep(now);
      // A partition without a leader keeps nobody here.
      if (session.isEnding && now - session.endingMs >= requestTimeoutMs) {
        this.finish(session);
        continue;
      }
      if (now - session.waitsSinceMs >= streamStallMs) this.endStalled(session);
      else if (isForRoutes && tellRoutes(session, this.findTopic, this.leaderName)) {
        this.toFlush.add(session);
      }
    }
  }

  private readonly leaderName = (group: number): { member: number; name: string } => {
    const member = this.operations.router.knownLeader(group);
    return { member, name: member === 0 ? "" : this.context.memberName(member) };
  };
}

const STALLED: Failure = {
  code: "UNAVAILABLE",
  message:
    "the client read nothing for so long that its deliveries went to others; read while the session is open, and open " +
    "another one",
};
