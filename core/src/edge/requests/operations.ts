// Client requests at the edge: each becomes one operation with one or more forwarded requests. Any node
// serves any request (wire contract, section 8). A topic this node has not heard of is looked up with a
// read barrier on the meta group before NOT_FOUND is said. Invariants:
//   OPS1 `waiting` is how many legs of the operation's present question have not ended; each ends once.
//   OPS2 an operation ends once, and so gives back once what it took.

import type { ClusterMachine } from "../../cluster/cluster.js";
import type { PartitionPlace, TopicRecord } from "../../cluster/cluster-state.js";
import { assert, assertNever } from "../../lib/assert.js";
import { SequenceTable } from "../../lib/sequence-table.js";
import { encodeIntent, type Intent } from "../../wire/intents.js";
import type { RequestAction } from "../../wire/messages.js";
import type { ClientRequest, ClientResult, ErrorCode, Failure } from "../../contract/api.js";
import { PartitionChooser } from "./choose-partition.js";
import { deletionProblem } from "./confirmation.js";
import { Deletions } from "./deletions.js";
import { NO_ROOM_FOR_REQUEST } from "../../member/budgets.js";
import { STARTING } from "./starting.js";
import type { HostContext } from "../../member/context.js";
import { listPage } from "./list-page.js";
import { MetaWaiters } from "./meta-waiters.js";
import {
  identityOf,
  NO_PAGE,
  noSuchPartition,
  peekLimit,
  settleIntent,
  type Operation,
  type OperationHooks,
  type OwnWork,
  type Leg,
} from "./operation.js";
import { heapIdOf, readable, resultOf, UNREADABLE } from "./operation-result.js";
import { ForwardedRequests, type RequestEnd } from "./requests.js";
import { COUNTS_PATIENCE_MS, goesOnWithout, LAGS_BEHIND, STILL_CLOSING } from "./unanswered.js";
import { payloadProblem, settingsOf, statelessProblem, tripleOf } from "./validate.js";

const NO_PAYLOAD = new Uint8Array(0);

export class Operations {
  private readonly context: HostContext;
  private readonly requests: ForwardedRequests;
  private readonly operations = new SequenceTable<Operation>();
  private readonly metaWaiters = new MetaWaiters();
  private nextOperation = 1;
  /** Work of this node itself (releases, closes of streams) that no leader took in its time. */
  givenUp = 0;
  private readonly chooser: PartitionChooser;
  private readonly deletions: Deletions;

  private readonly hooks: OperationHooks;

  constructor(context: HostContext, hooks: OperationHooks) {
    this.context = context;
    this.hooks = hooks;
    this.chooser = new PartitionChooser(context.config.seedLo);
    this.deletions = new Deletions(context);
    this.requests = new ForwardedRequests(
      context,
      (operation, leg, end) => this.onEnd(operation, leg, end),
      (group) => this.cluster === undefined || this.hooks.isKnown(group),
    );
  }

  /** Operations under way. */
  get size(): number {
    return this.operations.size;
  }

  get router(): ForwardedRequests {
    return this.requests;
  }

  private get cluster(): ClusterMachine | undefined {
    const machine = this.context.groups.get(0)?.machine;
    return machine?.kind === "cluster" ? machine.cluster : undefined;
  }

  // --- entry points ------------------------------------------------------------------------------

  onClientRequest(requestId: number, request: ClientRequest): void {
    const problem = statelessProblem(request, this.context.nodeLimits);
    const bytes = problem ? 0 : this.takeRoom(request);
    const operation = this.open(requestId, request, { bytes });
    const failure = problem ?? (bytes === 0 ? NO_ROOM_FOR_REQUEST : undefined);
    if (failure) this.fail(operation, failure);
    else this.run(operation);
  }

  private takeRoom(request: ClientRequest): number {
    const payloadBytes = request.op === "enqueue" ? request.payload.length : 0;
    return this.context.budgets.takeRequest(payloadBytes, request.op === "enqueue");
  }

  /** A proposal for which no client waits; repeated until it is applied or out of time. */
  background(place: PartitionPlace, intent: Intent, forMs: number, ended?: () => void): void {
    const operation = this.open(undefined, undefined, { forMs, ended });
    operation.stage = "background";
    const action: RequestAction = { type: "propose", intent: encodeIntent(intent) };
    this.ask(operation, [{ topic: "", place }], action, true);
  }

  /** No leader took work of this node itself in its time. What belongs to a deleted topic is done. */
  gaveUp(code: ErrorCode): void {
    if (code !== "NOT_FOUND") this.givenUp += 1;
  }

  /** Makes the meta table current for who names a topic that is not known here. */
  makeCurrent(whenCurrent: (failure: Failure | undefined) => void): void {
    if (this.context.self === 0) whenCurrent(STARTING);
    else this.barrier(this.open(undefined, undefined, { whenCurrent }));
  }

  private open(
    requestId: number | undefined,
    request: ClientRequest | undefined,
    { forMs, ended, whenCurrent, bytes = 0 }: OwnWork = {},
  ): Operation {
    const timeoutMs = forMs ?? this.context.config.defaults.requestTimeoutMs;
    const operation: Operation = {
      id: this.nextOperation,
      requestId,
      request,
      bytes,
      whenCurrent,
      deadlineMs: this.context.monotonicMs + timeoutMs,
      ended,
      isFresh: false,
      stage: "run",
      page: NO_PAGE,
      legs: [],
      waiting: 0,
      replies: [],
    };
    this.nextOperation += 1;
    this.operations.set(operation.id, operation);
    return operation;
  }

  // --- running -----------------------------------------------------------------------------------

  private run(operation: Operation): void {
    const { request } = operation;
    if (operation.whenCurrent) {
      this.close(operation);
      operation.whenCurrent(undefined);
    }
    if (!request) return;
    switch (request.op) {
      case "topic.create":
        this.createTopic(operation, request);
        break;
      case "topic.delete":
        this.deleteTopic(operation, request);
        break;
      case "topic.list":
      case "stats":
        // Reads over all topics must see every topic made before them (G12).
        if (!operation.isFresh) this.barrier(operation);
        else this.readStats(operation, request);
        break;
      case "peek":
        this.peek(operation, request);
        break;
      case "enqueue":
        this.enqueue(operation, request);
        break;
      case "ack":
      case "nack":
      case "release":
      case "extend":
        this.settle(operation, request);
        break;
      default:
        assertNever(request, "a request that nothing is done for");
    }
  }

  /** The topic, or undefined after arranging for an answer. */
  private topicFor(operation: Operation, topic: string): TopicRecord | undefined {
    const record = this.cluster?.topics.get(topic);
    if (record && !record.isDeleting) return record;
    if (!operation.isFresh) this.barrier(operation);
    else {
      this.fail(operation, {
        code: "NOT_FOUND",
        message: `topic "${topic}" not found; create it first, or check the name`,
      });
    }
    return undefined;
  }

  private barrier(operation: Operation): void {
    operation.stage = "barrier";
    this.askMeta(operation, { type: "barrier" }, true);
  }

  private proposeToMeta(operation: Operation, intent: Intent, isIdempotent: boolean): void {
    this.askMeta(operation, { type: "propose", intent: encodeIntent(intent) }, isIdempotent);
  }

  private askMeta(operation: Operation, action: RequestAction, isIdempotent: boolean): void {
    const meta = { partition: 0, group: 0, incarnation: 0, voters: this.context.members };
    this.ask(operation, [{ topic: "", place: meta }], action, isIdempotent);
  }

  private ask(
    operation: Operation,
    legs: readonly Leg[],
    action: RequestAction,
    isIdempotent: boolean,
    untilMs = Infinity,
  ): void {
    operation.legs = legs;
    operation.waiting = legs.length;
    operation.replies = [];
    legs.forEach((leg, i) =>
      this.requests.start({
        group: leg.place.group,
        voters: leg.place.voters,
        action,
        isIdempotent,
        isPatient: operation.requestId === undefined && operation.whenCurrent === undefined,
        deadlineMs: Math.min(operation.deadlineMs, untilMs),
        operation: operation.id,
        leg: i,
      }),
    );
  }

  private createTopic(
    operation: Operation,
    request: Extract<ClientRequest, { op: "topic.create" }>,
  ): void {
    operation.stage = "create";
    const { topic } = request;
    const settings = settingsOf(request.settings, this.context.nodeLimits);
    this.proposeToMeta(operation, { kind: "topic.create", topic, settings }, false);
  }

  private deleteTopic(
    operation: Operation,
    request: Extract<ClientRequest, { op: "topic.delete" }>,
  ): void {
    const record = this.cluster?.topics.get(request.topic);
    if (!operation.isFresh) {
      this.barrier(operation);
      return;
    }
    const failure = deletionProblem(request, record, this.context);
    if (failure || !record) {
      if (failure) this.fail(operation, failure);
      return;
    }
    operation.stage = "deleting";
    operation.deletes = record;
    this.proposeToMeta(operation, { kind: "topic.deleting", ...identityOf(record) }, true);
  }

  private readStats(
    operation: Operation,
    request: Extract<ClientRequest, { op: "stats" | "topic.list" }>,
  ): void {
    const { cluster } = this;
    if (request.op === "stats" && request.topic !== undefined) {
      const record = this.topicFor(operation, request.topic);
      if (!record) return;
      const { partitionId } = request;
      if (partitionId !== undefined && partitionId >= record.settings.partitions) {
        this.fail(operation, noSuchPartition(partitionId, record));
        return;
      }
    }
    const live = (cluster?.sortedTopics() ?? []).filter((record) => !record.isDeleting);
    const page =
      request.op === "topic.list"
        ? listPage(request, live, this.context.nodeLimits)
        : { records: live, nextPageToken: NO_PAGE.nextPageToken };
    operation.page = page;
    const legs = page.records.flatMap(({ topic, partitions }) =>
      partitions.map((place) => ({ topic, place })),
    );
    const untilMs = this.context.monotonicMs + COUNTS_PATIENCE_MS;
    this.ask(operation, legs, { type: "read.counts" }, true, untilMs);
    if (legs.length === 0) this.complete(operation);
  }

  private peek(operation: Operation, request: Extract<ClientRequest, { op: "peek" }>): void {
    const record = this.topicFor(operation, request.topic);
    if (!record) return;
    const { partitionId } = request;
    if (partitionId !== undefined && partitionId >= record.settings.partitions) {
      this.fail(operation, noSuchPartition(partitionId, record));
      return;
    }
    const limit = peekLimit(request.limit, this.context.nodeLimits);
    const legs = record.partitions
      .filter((place) => partitionId === undefined || place.partition === partitionId)
      .map((place) => ({ topic: record.topic, place }));
    this.ask(operation, legs, { type: "read.peek", limit, includeDlq: request.includeDlq }, true);
  }

  private enqueue(operation: Operation, request: Extract<ClientRequest, { op: "enqueue" }>): void {
    const record = this.topicFor(operation, request.topic);
    if (!record) return;
    const failure = payloadProblem(request.payload.length, record.settings, record.topic);
    if (failure) {
      this.fail(operation, failure);
      return;
    }
    const { priorityHi, priorityLo, payload, partitionKey, maxRetries, delayMs = 0 } = request;
    const producer = tripleOf(request.producer);
    const { partitions } = record.settings;
    const place = record.partitions[this.chooser.choose({ partitionKey, producer }, partitions)];
    const intent = encodeIntent({
      kind: "enqueue",
      priorityHi,
      priorityLo,
      payload,
      producer,
      maxRetries,
      delayMs,
    });
    const legs = [{ topic: record.topic, place }];
    // The intent holds the payload now; large ones would be held twice until they are answered.
    operation.request = { ...request, payload: NO_PAYLOAD };
    this.ask(operation, legs, { type: "propose", intent }, producer !== undefined);
  }

  private settle(
    operation: Operation,
    request: Extract<ClientRequest, { op: "ack" | "nack" | "release" | "extend" }>,
  ): void {
    const record = this.topicFor(operation, request.topic);
    if (!record) return;
    const settled = settleIntent(request, record);
    if (!settled) {
      this.fail(operation, {
        code: "FAILED_PRECONDITION",
        message: "the lease token does not belong to this message of this topic",
      });
      return;
    }
    const { place, intent } = settled;
    const action: RequestAction = { type: "propose", intent: encodeIntent(intent) };
    this.ask(operation, [{ topic: record.topic, place }], action, request.op !== "extend");
  }

  // --- ends --------------------------------------------------------------------------------------

  private onEnd(id: number, leg: number, end: RequestEnd): void {
    if (id < 0) {
      this.hooks.batchEnded(-id, leg, end);
      return;
    }
    const operation = this.operations.get(id);
    if (!operation) return;
    assert(operation.waiting > 0, "OPS1: a leg ends once");
    const { topic, place } = operation.legs[leg];
    if (end.type === "done") {
      operation.replies.push({ topic, place, body: end.body, index: end.index, from: end.from });
    } else if (!goesOnWithout(operation, topic, end.code)) {
      this.fail(operation, { code: end.code, message: end.message });
      return;
    }
    operation.waiting -= 1;
    if (operation.waiting === 0) this.complete(operation);
  }

  private complete(operation: Operation): void {
    const first = operation.replies.at(0);
    switch (operation.stage) {
      case "background":
        this.close(operation);
        operation.ended?.();
        return;
      case "barrier":
        operation.isFresh = true;
        operation.stage = "run";
        this.afterMeta(first?.index ?? 0, operation, "run", "");
        return;
      case "create": {
        const heapId = heapIdOf(first);
        if (heapId === undefined) this.succeed(operation, UNREADABLE);
        else this.afterMeta(first?.index ?? 0, operation, "created", heapId);
        return;
      }
      case "deleting":
        if (operation.deletes) this.deletions.wait(operation.id, operation.deletes);
        this.answerGone();
        return;
      case "closing": {
        operation.stage = "deleted";
        const { deletes } = operation;
        if (!deletes) return;
        this.proposeToMeta(operation, { kind: "topic.deleted", ...identityOf(deletes) }, true);
        return;
      }
      case "deleted":
        this.close(operation);
        if (operation.deletes) this.deletions.ended(operation.deletes, true);
        return;
      case "run":
        this.succeed(
          operation,
          readable(() => resultOf(operation, this.cluster, this.context)) ?? UNREADABLE,
        );
    }
  }

  /** Closes and removes topics that are being deleted, where this node leads the meta group. */
  private driveDeletions(): void {
    for (const record of this.deletions.take()) {
      const operation = this.open(undefined, undefined);
      operation.stage = "closing";
      operation.deletes = record;
      const legs = record.partitions.map((place) => ({ topic: record.topic, place }));
      const intent = encodeIntent({ kind: "partition.close" });
      this.ask(operation, legs, { type: "propose", intent }, true);
    }
  }

  private answerGone(): void {
    for (const id of this.deletions.takeGone(this.cluster)) {
      const operation = this.operations.get(id);
      if (operation) this.succeed(operation, { ok: true, op: "topic.delete" });
    }
  }

  /** Goes on once the local meta table has applied `index`. */
  private afterMeta(
    index: number,
    operation: Operation,
    then: "run" | "created",
    heapId: string,
  ): void {
    this.metaWaiters.add({ index, operation: operation.id, then, heapId });
    this.metaApplied();
  }

  /** Called after entries of the meta group were applied. */
  metaApplied(): void {
    this.driveDeletions();
    this.answerGone();
    for (const waiter of this.metaWaiters.takeDue(this.cluster?.appliedIndex ?? 0)) {
      const operation = this.operations.get(waiter.operation);
      if (!operation) continue;
      if (waiter.then === "run") this.run(operation);
      else this.succeed(operation, { ok: true, op: "topic.create", heapId: waiter.heapId });
    }
  }

  tick(): void {
    this.requests.tick();
    const now = this.context.monotonicMs;
    for (const id of this.metaWaiters.operations) {
      const operation = this.operations.get(id);
      if (operation && now < operation.deadlineMs) continue;
      this.metaWaiters.forget(id);
      if (operation) this.fail(operation, LAGS_BEHIND);
    }
    for (const id of this.deletions.waiters) {
      const operation = this.operations.get(id);
      if (operation && now >= operation.deadlineMs) this.fail(operation, STILL_CLOSING);
    }
    this.driveDeletions();
  }

  private close({ id, bytes }: Operation): void {
    assert(this.operations.has(id), "OPS2: an operation ends once");
    this.operations.delete(id);
    this.context.budgets.giveRequest(bytes);
  }

  private succeed(operation: Operation, result: ClientResult): void {
    this.close(operation);
    if (operation.requestId === undefined) return;
    this.context.reply({ kind: "client.reply", requestId: operation.requestId, result });
  }

  private fail(operation: Operation, failure: Failure): void {
    this.close(operation);
    operation.ended?.();
    this.deletions.forget(operation.id);
    const isDriven = operation.stage === "closing" || operation.stage === "deleted";
    if (isDriven && operation.deletes) this.deletions.ended(operation.deletes, false);
    if (operation.stage === "background") this.gaveUp(failure.code);
    operation.whenCurrent?.(failure);
    if (operation.requestId === undefined) return;
    const result: ClientResult = { ok: false, failure };
    this.context.reply({ kind: "client.reply", requestId: operation.requestId, result });
  }
}
