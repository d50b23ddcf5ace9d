// The calls of all sessions of this node: each row is asked of the leader of its partition, and answered by its number.

import { type EnqueueRows, type SettleRows, u64At } from "@disheap/proto/session";
import type { PartitionPlace, TopicRecord } from "../../cluster/cluster-state.js";
import type { Failure } from "../../contract/api.js";
import { SequenceTable } from "../../lib/sequence-table.js";
import type { HostContext } from "../../member/context.js";
import { NO_ROOM_FOR_REQUEST } from "../../member/budgets.js";
import { encodeIntent, type Intent } from "../../wire/intents.js";
import { PartitionChooser } from "../requests/choose-partition.js";
import { noSuchPartition, settleIntent } from "../requests/operation.js";
import { readable, readEnqueued, UNREADABLE_ANSWER } from "../requests/operation-result.js";
import type { Operations } from "../requests/operations.js";
import type { RequestEnd } from "../requests/requests.js";
import { invalid, payloadProblem, statelessProblem } from "../requests/validate.js";
import type { SessionCall } from "./call.js";
import {
  EnqueueCursor,
  enqueueShapeProblem,
  rowCount,
  settleOpOf,
  type SettleOp,
  settleRequest,
  settleShapeProblem,
} from "./rows.js";
import type { Delivery } from "./ring.js";
import type { Session } from "./session.js";

/** Beside its payload a row costs about this much while it is under way, in bytes. */
const ROW_BYTES = 256;

/** Give-backs are repeated for so long, as those of any stream. */
const GIVE_BACK_MS = 60_000;

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
      session.numberProblem(rows.call) ??
      beyond ??
      enqueueShapeProblem(rows) ??
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
    const cursor = new EnqueueCursor(rows, topic, producer);
    this.withTopic(call, rows.topic, topic, false, (record) => {
      for (let row = 0; row < count; row += 1) {
        const request = cursor.next(row);
        const placed = this.placeOf(rows, request, record);
        if ("failure" in placed) this.rowFailed(call, row, placed.failure, false);
        else {
          const { priorityHi, priorityLo, payload, maxRetries, delayMs = 0 } = request;
          const head = { kind: "enqueue", priorityHi, priorityLo, payload } as const;
          const intent = { ...head, producer: request.producer, maxRetries, delayMs };
          this.ask(call, row, placed.place, intent, request.producer !== undefined);
        }
      }
      this.finishIfDone(call);
    });
  }

  private placeOf(
    rows: EnqueueRows,
    request: ReturnType<EnqueueCursor["next"]>,
    record: TopicRecord,
  ): { readonly place: PartitionPlace } | { readonly failure: Failure } {
    const { settings, partitions, topic } = record;
    const failure =
      statelessProblem(request, this.context.nodeLimits) ??
      payloadProblem(request.payload.length, settings, topic);
    if (failure) return { failure };
    const { partition } = rows;
    if (partition === undefined) {
      return { place: partitions[this.chooser.choose(request, settings.partitions)] };
    }
    if (partition >= settings.partitions) return { failure: noSuchPartition(partition, record) };
    const isBound = request.producer !== undefined || request.partitionKey !== undefined;
    const own = isBound ? this.chooser.choose(request, settings.partitions) : partition;
    if (own === partition) return { place: partitions[partition] };
    const why = "a repeat has to find the first one there; leave partition out, or compute it so";
    return { failure: invalid(`partition is ${partition}, but the row belongs to ${own}: ${why}`) };
  }

  // --- settles -----------------------------------------------------------------------------------

  settle(session: Session, rows: SettleRows): void {
    const failure =
      session.numberProblem(rows.call) ?? settleShapeProblem(rows, this.context.nodeLimits);
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
    const deliveries = Array.from({ length: count }, (_, row) => u64At(rows.delivery, row));
    const extensionMs = op === "extend" ? rows.extensionMs : undefined;
    const what = { kind: "settle", rows: count, windowBytes: 0, deliveries, extensionMs } as const;
    const call = this.open(session, rows.call, what);
    if (!call) return;
    deliveries.forEach((number, row) => {
      const delivery = session.ring.get(number);
      if (!delivery) {
        this.rowFailed(call, row, notHeld(number), false);
        return;
      }
      if (op !== "release") delivery.isStarted = true;
      this.ask(call, row, delivery.place, settleOf(op, rows, delivery), op !== "extend");
    });
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
        if (settled) this.ask(call, row, settled.place, settled.intent, op !== "extend");
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
      this.ask(call, row, place, { kind: "release.undelivered", index, offset, fence }, true);
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
      places: [],
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

  private ask(
    call: SessionCall,
    row: number,
    place: PartitionPlace,
    intent: Intent,
    isIdempotent: boolean,
  ): void {
    call.places[row] = place;
    this.operations.router.start({
      group: place.group,
      voters: place.voters,
      action: { type: "propose", intent: encodeIntent(intent) },
      isIdempotent,
      isPatient: call.kind === "give-back",
      deadlineMs: call.deadlineMs,
      operation: -call.id,
      part: row,
    });
  }

  /** A row has its answer. */
  rowEnded(id: number, row: number, end: RequestEnd): void {
    const call = this.calls.get(id);
    const place = call?.places[row];
    if (!call || !place) return;
    if (call.kind === "give-back") call.waiting -= 1;
    else if (end.type === "failed") this.rowFailed(call, row, end, end.mayBeDone);
    else if (call.kind === "settle") this.rowSettled(call, row);
    else this.rowEnqueued(call, row, place, end.body);
    this.finishIfDone(call);
  }

  private rowEnqueued(
    call: SessionCall,
    row: number,
    place: PartitionPlace,
    body: Uint8Array,
  ): void {
    const enqueued = readable(() => readEnqueued(body));
    if (!enqueued) {
      this.rowFailed(call, row, UNREADABLE_ANSWER, true);
      return;
    }
    call.waiting -= 1;
    call.taken += 1;
    call.session.answers.enqueuedRow(call.number, row, place, enqueued);
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
    if (call.waiting > 0 || !this.calls.delete(call.id)) return;
    session.calls -= 1;
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

function settleOf(op: SettleOp, rows: SettleRows, token: Delivery): Intent {
  switch (op) {
    case "ack":
    case "release":
      return { kind: op, token };
    case "nack":
      return { kind: op, token, backoffMs: rows.backoffMs };
    case "extend":
      return { kind: op, token, extensionMs: rows.extensionMs };
  }
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
