// The calls of all sessions of this node: each row is asked of the leader of its partition, and answered by its number.
// A part of Sessions, which makes it and hands on what it got of the host itself: context, operations, topics.
// For SES1 (session.ts) `waiting` of a call are its rows without an answer. Invariant:
//   CALL1 `calls` of a session counts those that are here, and each gives back once what it took of budget and window.

import { type EnqueueRows, type SettleRows, u64At } from "@disheap/proto/session";
import type { PartitionPlace, TopicRecord } from "../cluster/cluster-state.js";
import type { Failure } from "../contract/api.js";
import { assert } from "../lib/assert.js";
import { SequenceTable } from "../lib/sequence-table.js";
import type { HostContext } from "../member/context.js";
import { NO_ROOM_FOR_REQUEST } from "../member/budgets.js";
import { encodeIntent, type Intent } from "../wire/intents.js";
import { PartitionChooser } from "../edge/requests/choose-partition.js";
import { settleIntent } from "../edge/requests/operation.js";
import { readEnqueuedMany, readRefusals } from "../edge/requests/batch-results.js";
import { readable, UNREADABLE_ANSWER } from "../edge/requests/operation-result.js";
import type { Operations } from "../edge/requests/operations.js";
import type { RequestEnd } from "../edge/requests/requests.js";
import { GIVE_BACK_MS } from "../edge/streams/give-backs.js";
import { invalid, statelessProblem } from "../edge/requests/validate.js";
import type { SessionCall } from "./call.js";
import { type CallBatch, rowAt } from "./call-batch.js";
import { EnqueueBatches } from "./enqueue-batches.js";
import {
  enqueueShapeProblem,
  rowCount,
  settleOpOf,
  type SettleOp,
  settleRequest,
  settleShapeProblem,
} from "./rows.js";
import type { Delivery } from "./ring.js";
import type { Session } from "./session.js";
import { SettleBatches } from "./settle-batches.js";

/** Beside its payload a row costs about this much while it is under way, in bytes. */
const ROW_BYTES = 256;

type What = Pick<SessionCall, "kind" | "rows" | "windowBytes"> &
  Partial<Pick<SessionCall, "deliveries" | "extensionMs" | "topic">>;

const FOREIGN_TOKEN: Failure = {
  code: "FAILED_PRECONDITION",
  message: "the lease token does not belong to this message of this topic",
};

export class Calls {
  private readonly context: HostContext;
  private readonly operations: Operations;
  private readonly findTopic: (topic: string) => TopicRecord | undefined;
  /** Something of the session waits for a frame. */
  private readonly changed: (session: Session) => void;
  private readonly chooser: PartitionChooser;
  private readonly calls = new SequenceTable<SessionCall>();
  private nextId = 1;

  constructor(
    context: HostContext,
    operations: Operations,
    around: {
      readonly findTopic: (topic: string) => TopicRecord | undefined;
      readonly changed: (session: Session) => void;
    },
  ) {
    this.context = context;
    this.operations = operations;
    this.findTopic = around.findTopic;
    this.changed = around.changed;
    this.chooser = new PartitionChooser(context.config.seedLo);
  }

  /** Under way, those of sessions that are gone included. */
  get size(): number {
    return this.calls.size;
  }

  // --- enqueues ----------------------------------------------------------------------------------

  enqueue(session: Session, rows: EnqueueRows): void {
    const windowBytes = rows.payload.length;
    // Counted in any case: what came took its way.
    const beyond = session.receive(windowBytes);
    const topic = session.topics.get(rows.topic);
    const producer = session.producers.get(rows.producer);
    const problem =
      session.numberProblem(rows.call, this.context.nodeLimits) ??
      beyond ??
      enqueueShapeProblem(rows, this.context.nodeLimits) ??
      (rows.producer === 0 || producer ? undefined : unboundHandle("producer", rows.producer));
    if (problem || topic === undefined) {
      session.answered(windowBytes);
      this.refuse(session, rows.call, problem ?? unboundHandle("topic", rows.topic));
      return;
    }
    const count = rowCount(rows);
    const call = this.open(session, rows.call, {
      kind: "enqueue",
      rows: count,
      windowBytes,
      topic,
    });
    if (!call) return;
    this.withTopic(call, rows.topic, topic, false, (record) => {
      new EnqueueBatches({
        rows,
        record,
        producer,
        chooser: this.chooser,
        limits: { node: this.context.nodeLimits, ...this.context.config.limits },
      }).each(
        ({ place, firstRow, intent }) => {
          const batch = { place, firstRow, rows: intent.rows, scattered: undefined };
          this.ask(call, batch, intent, intent.producer !== undefined);
        },
        (row, failure) => {
          this.rowFailed(call, row, failure, false);
        },
      );
      this.finishIfDone(call);
    });
  }

  // --- settles -----------------------------------------------------------------------------------

  settle(session: Session, rows: SettleRows): void {
    const failure =
      session.numberProblem(rows.call, this.context.nodeLimits) ??
      settleShapeProblem(rows, this.context.nodeLimits);
    const op = settleOpOf(rows.kind);
    if (failure || op === undefined) {
      this.refuse(session, rows.call, failure ?? invalid(`kind is ${rows.kind}`));
      return;
    }
    if (rows.leaseToken.length > 0) this.settleByToken(session, rows, op);
    else this.settleByNumber(session, rows, op);
  }

  private settleByNumber(session: Session, rows: SettleRows, op: SettleOp): void {
    const count = rows.delivery.length / 8;
    const deliveries: number[] = [];
    for (let row = 0; row < count; row += 1) deliveries.push(u64At(rows.delivery, row));
    const extensionMs = op === "extend" ? rows.extensionMs : undefined;
    const what = { kind: "settle", rows: count, windowBytes: 0, deliveries, extensionMs } as const;
    const call = this.open(session, rows.call, what);
    if (!call) return;
    const batches = new SettleBatches(this.context.config.limits.entryIntentsMax);
    deliveries.forEach((number, row) => {
      const delivery = session.ring.get(number);
      if (!delivery) {
        this.rowFailed(call, row, notHeld(number), false);
        return;
      }
      if (op !== "release") delivery.isStarted = true;
      batches.add(row, delivery);
    });
    const { backoffMs } = rows;
    for (const { batch, leases } of batches.all()) {
      const { rows } = batch;
      const kind = "settle.many";
      const intent = { kind, op, backoffMs, extensionMs: extensionMs ?? 0, rows, leases } as const;
      this.ask(call, batch, intent, op !== "extend");
    }
    this.finishIfDone(call);
  }

  private settleByToken(session: Session, rows: SettleRows, op: SettleOp): void {
    const topic = session.topics.get(rows.topic);
    if (topic === undefined) {
      this.refuse(session, rows.call, unboundHandle("topic", rows.topic));
      return;
    }
    const count = rows.leaseToken.length;
    const call = this.open(session, rows.call, { kind: "settle", rows: count, windowBytes: 0 });
    if (!call) return;
    this.withTopic(call, rows.topic, topic, false, (record) => {
      for (let row = 0; row < count; row += 1) {
        const request = settleRequest(rows, op, topic, row);
        const wrong = statelessProblem(request, this.context.nodeLimits);
        const settled = wrong ? undefined : settleIntent(request, record);
        if (settled) this.ask(call, single(settled.place, row), settled.intent, op !== "extend");
        else this.rowFailed(call, row, wrong ?? FOREIGN_TOKEN, false);
      }
      this.finishIfDone(call);
    });
  }

  /** At the end of a session, which waits for it: nobody hears of the rows. */
  giveBack(session: Session, deliveries: readonly Delivery[]): void {
    if (deliveries.length === 0) return;
    const call = this.add(
      session,
      0,
      { kind: "give-back", rows: deliveries.length, windowBytes: 0 },
      0,
    );
    deliveries.forEach(({ place, index, offset, fence }, row) => {
      const intent = { kind: "release.undelivered", index, offset, fence } as const;
      this.ask(call, single(place, row), intent, true);
    });
  }

  // --- under way ---------------------------------------------------------------------------------

  private open(session: Session, number: number, what: What): SessionCall | undefined {
    const isEnqueue = what.kind === "enqueue";
    const bytes = what.windowBytes + what.rows * ROW_BYTES;
    const budgetBytes = this.context.budgets.takeRequest(bytes, isEnqueue);
    if (budgetBytes === 0) {
      session.answered(what.windowBytes);
      this.refuse(session, number, NO_ROOM_FOR_REQUEST);
      return undefined;
    }
    return this.add(session, number, what, budgetBytes);
  }

  private add(session: Session, number: number, what: What, budgetBytes: number): SessionCall {
    const isOwn = what.kind === "give-back";
    const forMs = isOwn ? GIVE_BACK_MS : this.context.config.defaults.requestTimeoutMs;
    const call: SessionCall = {
      id: this.nextId,
      session,
      number,
      topic: "",
      openedMs: this.context.monotonicMs,
      taken: 0,
      deliveries: [],
      extensionMs: undefined,
      ...what,
      waiting: what.rows,
      budgetBytes,
      deadlineMs: this.context.monotonicMs + forMs,
      batches: [],
    };
    this.nextId += 1;
    session.calls += 1;
    this.calls.set(call.id, call);
    return call;
  }

  /** Goes on with the topic, once it is known whether there is one. */
  private withTopic(
    call: SessionCall,
    handle: number,
    topic: string,
    isFresh: boolean,
    then: (record: TopicRecord) => void,
  ): void {
    const record = this.findTopic(topic);
    if (record && !record.isDeleting) {
      const { session } = call;
      if (!session.routed.has(handle)) session.routed.set(handle, { handle, topic, leaders: [] });
      then(record);
    } else if (isFresh) {
      const message = `topic "${topic}" not found; create it first, or check the name`;
      this.allFailed(call, { code: "NOT_FOUND", message });
    } else {
      this.operations.makeCurrent((failure) => {
        if (failure) this.allFailed(call, failure);
        else this.withTopic(call, handle, topic, true, then);
      });
    }
  }

  private ask(call: SessionCall, batch: CallBatch, intent: Intent, isIdempotent: boolean): void {
    const { group, voters } = batch.place;
    call.batches.push(batch);
    this.operations.router.start({
      group,
      voters,
      action: { type: "propose", intent: encodeIntent(intent) },
      isIdempotent,
      isPatient: call.kind === "give-back",
      deadlineMs: call.deadlineMs,
      operation: -call.id,
      leg: call.batches.length - 1,
    });
  }

  /** A batch of rows has its answer. */
  batchEnded(id: number, leg: number, end: RequestEnd): void {
    const call = this.calls.get(id);
    const batch = call?.batches[leg];
    if (!call || !batch) return;
    if (call.kind === "give-back") {
      call.waiting -= batch.rows;
      if (end.type === "failed") this.operations.gaveUp(end.code);
    } else if (end.type === "failed") this.batchFailed(call, batch, end, end.mayBeDone);
    else if (call.kind === "settle") this.batchSettled(call, batch, end.body);
    else this.batchEnqueued(call, batch, end.body);
    this.finishIfDone(call);
  }

  private batchFailed(
    call: SessionCall,
    batch: CallBatch,
    failure: Failure,
    mayBeDone: boolean,
  ): void {
    for (let i = 0; i < batch.rows; i += 1) {
      this.rowFailed(call, rowAt(batch, i), failure, mayBeDone);
    }
  }

  private batchEnqueued(call: SessionCall, batch: CallBatch, body: Uint8Array): void {
    const enqueued = readable(() => readEnqueuedMany(body, batch.rows));
    if (!enqueued) {
      this.batchFailed(call, batch, UNREADABLE_ANSWER, true);
      return;
    }
    call.waiting -= batch.rows;
    call.taken += batch.rows;
    call.session.answers.enqueuedBatch(call.number, batch, enqueued);
  }

  private batchSettled(call: SessionCall, batch: CallBatch, body: Uint8Array): void {
    // A row that settles by token is an intent of its own, and its answer has no rows.
    const refusals = batch.isToken ? [] : readable(() => readRefusals(body, batch.rows));
    if (!refusals) {
      this.batchFailed(call, batch, UNREADABLE_ANSWER, true);
      return;
    }
    let from = 0;
    for (const { firstRow, count, failure } of refusals) {
      for (; from < firstRow; from += 1) this.rowSettled(call, rowAt(batch, from));
      for (; from < firstRow + count; from += 1) {
        this.rowFailed(call, rowAt(batch, from), failure, false);
      }
    }
    for (; from < batch.rows; from += 1) this.rowSettled(call, rowAt(batch, from));
  }

  private rowSettled(call: SessionCall, row: number): void {
    const { session, extensionMs } = call;
    call.waiting -= 1;
    session.answers.settledRow(call.number, row);
    const number = call.deliveries.at(row);
    if (number === undefined) return;
    const delivery = session.ring.get(number);
    if (delivery && extensionMs !== undefined) delivery.overMs += extensionMs;
    else session.ring.remove(number);
  }

  /** What a refusal says of a delivery its partition says again: a repeat of an ack that succeeded elsewhere is OK. */
  private rowFailed(call: SessionCall, row: number, failure: Failure, mayBeDone: boolean): void {
    call.waiting -= 1;
    call.session.answers.failedRow(call.number, row, failure, mayBeDone);
  }

  private allFailed(call: SessionCall, failure: Failure): void {
    call.waiting = 0;
    call.session.answers.refused(call.number, failure);
    this.finishIfDone(call);
  }

  private finishIfDone(call: SessionCall): void {
    const { session } = call;
    this.changed(session);
    assert(call.waiting >= 0, "SES1: no row of a call is answered twice");
    if (call.waiting > 0 || !this.calls.delete(call.id)) return;
    session.calls -= 1;
    assert(session.calls >= 0, "CALL1: a session counts its calls");
    if (call.taken > 0) {
      const ms = this.context.monotonicMs - call.openedMs;
      this.context.observer?.rowsEnqueued?.(call.topic, call.taken, ms);
    }
    session.answered(call.windowBytes);
    this.context.budgets.giveRequest(call.budgetBytes);
  }

  private refuse(session: Session, number: number, failure: Failure): void {
    session.answers.refused(number, failure);
    this.changed(session);
  }
}

/** A row that is asked about by itself. */
function single(place: PartitionPlace, row: number): CallBatch {
  return { place, firstRow: row, rows: 1, scattered: undefined, isToken: true };
}

function unboundHandle(name: string, handle: number): Failure {
  return invalid(`${name} ${handle} is not bound; bind it in this frame or an earlier one`);
}

function notHeld(number: number): Failure {
  return {
    code: "FAILED_PRECONDITION",
    message: `delivery ${number} is not held by this session: it was never given, is settled, or its lease is over`,
  };
}
