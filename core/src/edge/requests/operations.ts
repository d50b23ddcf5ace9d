// Client requests at the edge: each becomes one operation with one or more forwarded requests. Any node
// serves any request (wire contract, section 8). A topic this node has not heard of is looked up with a
// read barrier on the meta group before NOT_FOUND is said.

import type { ClusterMachine, PartitionPlace, TopicRecord } from "../../cluster/cluster.js";
import { Reader } from "../../lib/bytes.js";
import { SequenceTable } from "../../lib/sequence-table.js";
import { encodeIntent, type Intent } from "../../wire/intents.js";
import type { RequestAction } from "../../wire/messages.js";
import type { ClientRequest, ClientResult, Failure } from "../../contract/api.js";
import { PartitionChooser } from "./choose-partition.js";
import { confirmationProblem } from "./confirmation.js";
import type { HostContext } from "../../member/context.js";
import {
  identityOf,
  noSuchPartition,
  peekLimit,
  settleIntent,
  type Operation,
  type Part,
} from "./operation.js";
import { resultOf } from "./operation-result.js";
import { Requests, type RequestEnd } from "./requests.js";
import { payloadProblem, resolveSettings, statelessProblem } from "./validate.js";

/** Whom operations call back beside clients. */
export interface OperationHooks {
  /** A stream's look-up of its topic is through: the meta table is current, or could not be asked. */
  lookedUp(clientStream: number, failure: Failure | undefined): void;
  /** Whether the local meta table names the group. */
  isKnown(group: number): boolean;
}

export class Operations {
  private readonly context: HostContext;
  private readonly requests: Requests;
  private readonly operations = new SequenceTable<Operation>();
  /** Operations that wait until the local meta table reached an index. */
  private metaWaiters: {
    index: number;
    operation: number;
    then: "run" | "created";
    heapId: string;
  }[] = [];
  private nextOperation = 1;
  /** Work of this node itself (releases, closes of streams) that no leader took in its time. */
  givenUp = 0;
  private readonly chooser: PartitionChooser;

  private readonly hooks: OperationHooks;

  constructor(context: HostContext, hooks: OperationHooks) {
    this.context = context;
    this.hooks = hooks;
    this.chooser = new PartitionChooser(context.config.seedLo);
    this.requests = new Requests(
      context,
      (operation, part, end) => this.onEnd(operation, part, end),
      (group) => this.cluster === undefined || this.hooks.isKnown(group),
    );
  }

  /** Operations under way. */
  get size(): number {
    return this.operations.size;
  }

  get router(): Requests {
    return this.requests;
  }

  private get cluster(): ClusterMachine | undefined {
    const machine = this.context.groups.get(0)?.machine;
    return machine?.kind === "cluster" ? machine.cluster : undefined;
  }

  private get metaVoters(): number[] {
    return this.context.config.members.map((_, i) => i + 1);
  }

  // --- entry points ------------------------------------------------------------------------------

  onClientRequest(requestId: number, request: ClientRequest): void {
    const operation = this.open(requestId, request);
    const failure = statelessProblem(request);
    if (failure) this.fail(operation, failure);
    else this.run(operation);
  }

  /** A proposal for which no client waits; repeated until it is applied or out of time. */
  background(place: PartitionPlace, intent: Intent, forMs: number): void {
    const operation = this.open(undefined, undefined, forMs);
    operation.stage = "background";
    this.ask(
      operation,
      [{ topic: "", place }],
      { type: "propose", intent: encodeIntent(intent) },
      true,
    );
  }

  /** Makes the meta table current for a stream whose topic is not known here. */
  lookUpFor(clientStream: number): void {
    this.barrier(this.open(undefined, undefined, undefined, clientStream));
  }

  private open(
    requestId: number | undefined,
    request: ClientRequest | undefined,
    forMs?: number,
    lookUpFor?: number,
  ): Operation {
    const timeoutMs = forMs ?? this.context.config.defaults.requestTimeoutMs;
    const operation: Operation = {
      id: this.nextOperation,
      requestId,
      request,
      lookUpFor,
      deadlineMs: this.context.monotonicMs + timeoutMs,
      isFresh: false,
      stage: "run",
      parts: [],
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
    if (operation.lookUpFor !== undefined) {
      this.operations.delete(operation.id);
      this.hooks.lookedUp(operation.lookUpFor, undefined);
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
    const meta = { partition: 0, group: 0, incarnation: 0, voters: this.metaVoters };
    this.ask(operation, [{ topic: "", place: meta }], { type: "barrier" }, true);
  }

  private proposeToMeta(operation: Operation, intent: Intent, isIdempotent: boolean): void {
    const meta = { partition: 0, group: 0, incarnation: 0, voters: this.metaVoters };
    const action: RequestAction = { type: "propose", intent: encodeIntent(intent) };
    this.ask(operation, [{ topic: "", place: meta }], action, isIdempotent);
  }

  private ask(
    operation: Operation,
    parts: readonly Part[],
    action: RequestAction,
    isIdempotent: boolean,
  ): void {
    operation.parts = parts;
    operation.waiting = parts.length;
    operation.replies = [];
    parts.forEach((part, i) =>
      this.requests.start({
        group: part.place.group,
        voters: part.place.voters,
        action,
        isIdempotent,
        deadlineMs: operation.deadlineMs,
        operation: operation.id,
        part: i,
      }),
    );
  }

  private createTopic(
    operation: Operation,
    request: Extract<ClientRequest, { op: "topic.create" }>,
  ): void {
    const resolved = resolveSettings(request.settings, this.context.config);
    if ("failure" in resolved) {
      this.fail(operation, resolved.failure);
      return;
    }
    operation.stage = "create";
    const { topic } = request;
    this.proposeToMeta(
      operation,
      { kind: "topic.create", topic, settings: resolved.settings },
      false,
    );
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
    if (!record) {
      this.fail(operation, { code: "NOT_FOUND", message: `topic "${request.topic}" not found` });
      return;
    }
    const failure = confirmationProblem("delete", record, request, this.context);
    if (failure) {
      this.fail(operation, failure);
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
    const parts: Part[] = [];
    for (const record of cluster?.sortedTopics() ?? []) {
      if (record.isDeleting) continue;
      for (const place of record.partitions) parts.push({ topic: record.topic, place });
    }
    this.ask(operation, parts, { type: "read.counts" }, true);
    if (parts.length === 0) this.complete(operation);
  }

  private peek(operation: Operation, request: Extract<ClientRequest, { op: "peek" }>): void {
    const record = this.topicFor(operation, request.topic);
    if (!record) return;
    const { partitionId } = request;
    if (partitionId !== undefined && partitionId >= record.settings.partitions) {
      this.fail(operation, noSuchPartition(partitionId, record));
      return;
    }
    const limit = peekLimit(request.limit);
    const parts = record.partitions
      .filter((place) => partitionId === undefined || place.partition === partitionId)
      .map((place) => ({ topic: record.topic, place }));
    this.ask(operation, parts, { type: "read.peek", limit, includeDlq: request.includeDlq }, true);
  }

  private enqueue(operation: Operation, request: Extract<ClientRequest, { op: "enqueue" }>): void {
    const record = this.topicFor(operation, request.topic);
    if (!record) return;
    const failure = payloadProblem(
      request.payload.length,
      record.settings,
      record.topic,
      this.context.config.limits.messageBytesMax,
    );
    if (failure) {
      this.fail(operation, failure);
      return;
    }
    const { priorityHi, priorityLo, payload, maxRetries, delayMs = 0, producer } = request;
    const place = record.partitions[this.chooser.choose(request, record.settings.partitions)];
    const intent = encodeIntent({
      kind: "enqueue",
      priorityHi,
      priorityLo,
      payload,
      producer,
      maxRetries,
      delayMs,
    });
    const parts = [{ topic: record.topic, place }];
    this.ask(operation, parts, { type: "propose", intent }, producer !== undefined);
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

  private onEnd(id: number, part: number, end: RequestEnd): void {
    const operation = this.operations.get(id);
    if (!operation) return;
    if (end.type === "failed") {
      this.onFailed(operation, operation.parts[part].topic, end);
      return;
    }
    const { topic, place } = operation.parts[part];
    operation.replies.push({ topic, place, body: end.body, index: end.index, from: end.from });
    operation.waiting -= 1;
    if (operation.waiting === 0) this.complete(operation);
  }

  private onFailed(
    operation: Operation,
    topic: string,
    end: Extract<RequestEnd, { type: "failed" }>,
  ): void {
    // Closing or deleting what is gone already is done, and a read of all topics goes on without it.
    const isGone = end.code === "NOT_FOUND";
    const { request } = operation;
    const isOneOfAll =
      request?.op === "topic.list" || (request?.op === "stats" && request.topic !== topic);
    const isDone = operation.stage === "closing" || operation.stage === "deleted" || isOneOfAll;
    if (isGone && isDone) {
      operation.waiting -= 1;
      if (operation.waiting === 0) this.complete(operation);
      return;
    }
    this.fail(operation, { code: end.code, message: end.message });
  }

  private complete(operation: Operation): void {
    const first = operation.replies.at(0);
    switch (operation.stage) {
      case "background":
        this.operations.delete(operation.id);
        return;
      case "barrier":
        operation.isFresh = true;
        operation.stage = "run";
        this.afterMeta(first?.index ?? 0, operation, "run", "");
        return;
      case "create": {
        const heapId = first ? new Reader(first.body).text() : "";
        this.afterMeta(first?.index ?? 0, operation, "created", heapId);
        return;
      }
      case "deleting":
        this.closePartitions(operation);
        return;
      case "closing": {
        operation.stage = "deleted";
        const { deletes } = operation;
        if (!deletes) return;
        this.proposeToMeta(operation, { kind: "topic.deleted", ...identityOf(deletes) }, true);
        return;
      }
      case "deleted":
        this.succeed(operation, { ok: true, op: "topic.delete" });
        return;
      case "run":
        this.succeed(operation, resultOf(operation, this.cluster, this.context));
    }
  }

  private closePartitions(operation: Operation): void {
    const { deletes } = operation;
    if (!deletes) return;
    operation.stage = "closing";
    const parts = deletes.partitions.map((place) => ({ topic: deletes.topic, place }));
    const intent = encodeIntent({ kind: "partition.close" });
    this.ask(operation, parts, { type: "propose", intent }, true);
  }

  /** Goes on once the local meta table has applied `index`. */
  private afterMeta(
    index: number,
    operation: Operation,
    then: "run" | "created",
    heapId: string,
  ): void {
    this.metaWaiters.push({ index, operation: operation.id, then, heapId });
    this.metaApplied();
  }

  /** Called after entries of the meta group were applied. */
  metaApplied(): void {
    const applied = this.cluster?.appliedIndex ?? 0;
    const due = this.metaWaiters.filter((w) => w.index <= applied);
    if (due.length === 0) return;
    this.metaWaiters = this.metaWaiters.filter((w) => w.index > applied);
    for (const waiter of due) {
      const operation = this.operations.get(waiter.operation);
      if (!operation) continue;
      if (waiter.then === "run") this.run(operation);
      else this.succeed(operation, { ok: true, op: "topic.create", heapId: waiter.heapId });
    }
  }

  tick(): void {
    this.requests.tick();
    const now = this.context.monotonicMs;
    for (const waiter of this.metaWaiters) {
      const operation = this.operations.get(waiter.operation);
      if (!operation || now < operation.deadlineMs) continue;
      this.fail(operation, {
        code: "UNAVAILABLE",
        message: "this node lags behind the cluster; try again or ask another node",
      });
    }
    this.metaWaiters = this.metaWaiters.filter((w) => this.operations.has(w.operation));
  }

  private succeed(operation: Operation, result: ClientResult): void {
    this.operations.delete(operation.id);
    if (operation.requestId === undefined) return;
    this.context.reply({ kind: "client.reply", requestId: operation.requestId, result });
  }

  private fail(operation: Operation, failure: Failure): void {
    this.operations.delete(operation.id);
    // What belongs to a deleted topic is done.
    if (operation.stage === "background" && failure.code !== "NOT_FOUND") this.givenUp += 1;
    if (operation.lookUpFor !== undefined) this.hooks.lookedUp(operation.lookUpFor, failure);
    if (operation.requestId === undefined) return;
    const result: ClientResult = { ok: false, failure };
    this.context.reply({ kind: "client.reply", requestId: operation.requestId, result });
  }
}
