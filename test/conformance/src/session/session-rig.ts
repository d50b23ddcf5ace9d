// The rig of one case that goes by sessions: one with each node that the case asks something of, and one for each
// consumer. A delivery is settled by its number where its session holds it, else by its token, as the contract says.

import type { PopItem } from "@disheap/proto";
import {
  type Draft,
  type EnqueueRows,
  type SessionHello,
  SETTLE,
  type SettleRows,
} from "@disheap/proto/session";
import { Metadata, status as Status } from "@grpc/grpc-js";
import { Rig, type Delivery, type Enqueue } from "../rig.js";
import type { Enqueued, RowAnswer } from "./answers.js";
import { column32, column64, pairOf } from "./columns.js";
import { HELLO, RawSession } from "./raw-session.js";
import { SessionPop } from "./session-pop.js";

/** Of a number that is good no more: its lease is over, or its topic. */
const GONE: readonly number[] = [Status.FAILED_PRECONDITION, Status.NOT_FOUND];
const DEFAULT_PAYLOAD = Buffer.from("x");

/** As a unary call would have failed. */
class Refusal extends Error {
  readonly code: number;
  readonly details: string;
  readonly metadata = new Metadata();

  constructor(code: number, details: string) {
    super(`${String(code)}: ${details}`);
    this.code = code;
    this.details = details;
  }
}

export class SessionRig extends Rig {
  private readonly sessions = new Map<number, RawSession>();
  private readonly all: RawSession[] = [];
  private readonly pops: SessionPop[] = [];
  private readonly producers = new WeakMap<RawSession, Map<string, number>>();

  /** A session for the case to drive. */
  session(place = this.place(), hello: Draft<SessionHello> = HELLO): RawSession {
    return this.unopened(place).send({ hello });
  }

  /** One on which nothing was sent yet. */
  unopened(place = this.place()): RawSession {
    const session = new RawSession(this.client(place));
    this.all.push(session);
    return session;
  }

  override async enqueue(
    topic: string,
    fields: Enqueue = {},
    place = this.place(topic),
  ): Promise<Enqueued> {
    const session = await this.at(place);
    const { payload = DEFAULT_PAYLOAD, partitionKey } = fields;
    await session.until(
      "room in the window",
      () => session.windowBytes >= payload.length || !session.isOpen,
    );
    const [answer] = await session.enqueue({
      topic: session.topic(topic),
      ...this.producerOf(session, fields),
      priority: column64(fields.priority ?? 0n),
      length: column32(payload.length),
      payload,
      ...(fields.maxRetries === undefined ? {} : { maxRetries: column32(fields.maxRetries) }),
      ...(fields.notBefore === undefined
        ? {}
        : { delayMs: column64(BigInt(msOf(fields.notBefore))) }),
      ...(partitionKey === undefined ? {} : { partitionKey: [partitionKey] }),
    });
    const { messageId, partitionId, duplicate } = resultOf(answer);
    return { messageId, duplicate, partitionId };
  }

  override stream(topic: string, place = this.place(topic)): SessionPop {
    const pop = new SessionPop(this.client(place));
    this.all.push(pop.session);
    this.pops.push(pop);
    return pop;
  }

  override ack(item: Delivery, place?: number): Promise<void> {
    return this.settleOne(item, { kind: SETTLE.ack }, place);
  }

  override release(item: Delivery, place?: number): Promise<void> {
    return this.settleOne(item, { kind: SETTLE.release }, place);
  }

  override nack(item: Delivery, backoffMs?: number, place?: number): Promise<void> {
    return this.settleOne(item, { kind: SETTLE.nack, backoffMs }, place);
  }

  override extend(item: Omit<Delivery, "messageId">, extensionMs = 0): Promise<void> {
    return this.settleOne(item, { kind: SETTLE.extend, extensionMs });
  }

  /** What was opened ends. Fails when a node said in any session what none may say. */
  async end(): Promise<void> {
    for (const session of this.all) session.cancel();
    await Promise.all(this.all.map((session) => session.ended()));
    for (const session of this.all) session.assertSound();
  }

  /** The one with this node, or a new one where that is over. */
  private async at(place: number): Promise<RawSession> {
    let session = this.sessions.get(place);
    if (session?.isOpen !== true) {
      session = this.session(place);
      this.sessions.set(place, session);
    }
    return session.opened();
  }

  private producerOf(
    session: RawSession,
    { producerId, epoch, sequence }: Enqueue,
  ): Draft<EnqueueRows> {
    if (producerId === undefined || epoch === undefined || sequence === undefined) return {};
    const known = this.producers.get(session) ?? new Map<string, number>();
    this.producers.set(session, known);
    const name = `${producerId} ${String(epoch)}`;
    const handle = known.get(name) ?? known.size + 1;
    if (!known.has(name)) {
      known.set(name, handle);
      session.send({ producer: [{ handle, producerId, epoch: pairOf(epoch) }] });
    }
    return { producer: handle, firstSequence: pairOf(sequence) };
  }

  /** Where a node is named, the case asks that one: by token. */
  private async settleOne(
    item: Omit<Delivery, "messageId"> & Partial<Delivery>,
    how: Draft<SettleRows>,
    place?: number,
  ): Promise<void> {
    const pop = this.pops.find((one) => one.numberOf(item as PopItem) !== undefined);
    const number = pop?.numberOf(item as PopItem);
    if (place === undefined && pop?.session.isOpen === true && number !== undefined) {
      const [answer] = await pop.session.settle({ ...how, delivery: column64(BigInt(number)) });
      const isGone = typeof answer === "object" && "code" in answer && GONE.includes(answer.code);
      if (!isGone) {
        resultOf(answer);
        return;
      }
    }
    const session = await this.at(place ?? this.place(item.topic));
    const isExtend = how.kind === SETTLE.extend;
    const [answer] = await session.settle({
      ...how,
      topic: session.topic(item.topic),
      leaseToken: [item.leaseToken],
      ...(isExtend ? {} : { messageId: [item.messageId ?? ""] }),
    });
    resultOf(answer);
  }
}

function resultOf(answer: RowAnswer | undefined): Enqueued {
  if (answer === undefined) throw new Error("no answer");
  if (answer === "settled") return { messageId: "", partitionId: 0, duplicate: false };
  if ("code" in answer) throw new Refusal(answer.code, answer.message);
  return answer;
}

function msOf({ seconds, nanos }: { seconds: bigint; nanos: number }): number {
  return Number(seconds) * 1000 + nanos / 1_000_000;
}
