// R11: a linearizable read shows every operation that finished before it started. Stats and lists count
// at least the enqueues and acknowledgements whose OK a client had when the request reached its node, unless
// they call a partition of the topic unhealthy; a complete Peek lists what was enqueued and nobody tried to
// acknowledge, and nothing acknowledged.

import type { ClientRequest, ClientResult, TopicCounts } from "@disheap/core";
import { RuleBroken, type Rule, type Seen } from "../../oracle.js";
import { seen, type Watched } from "../views/watched.js";

type ReadRequest = Extract<ClientRequest, { op: "stats" | "peek" | "topic.list" }>;

/** What clients did and heard about one topic. */
interface TopicRecord {
  /** Messages whose enqueue was answered, and acknowledgements asked for and answered, by id. */
  readonly enqueued: Set<string>;
  readonly ackAsked: Set<string>;
  readonly acked: Set<string>;
  isDeleted: boolean;
}

interface Started {
  readonly at: Seen;
  readonly request: ReadRequest;
  /** As of the start. */
  readonly topics: ReadonlyMap<string, { enqueued: Set<string>; acked: Set<string> }>;
}

export class Reads implements Rule {
  private world: Watched | undefined;
  private readonly topics = new Map<string, TopicRecord>();
  private readonly operations = new Map<number, ClientRequest>();
  private readonly reads = new Map<number, Started>();

  attach(world: Watched): void {
    this.world = world;
  }

  private topicOf(topic: string): TopicRecord {
    let record = this.topics.get(topic);
    if (!record) {
      record = { enqueued: new Set(), ackAsked: new Set(), acked: new Set(), isDeleted: false };
      this.topics.set(topic, record);
    }
    return record;
  }

  /** A request reaches its node. */
  readStarted(requestId: number, node: number, request: ClientRequest): void {
    switch (request.op) {
      case "stats":
      case "peek":
      case "topic.list":
        this.start(requestId, node, request);
        break;
      case "ack":
        this.topicOf(request.topic).ackAsked.add(request.messageId);
        this.operations.set(requestId, request);
        break;
      case "topic.delete":
        this.topicOf(request.topic).isDeleted = true;
        break;
      case "enqueue":
        this.operations.set(requestId, request);
        break;
      case "topic.create":
      case "nack":
      case "release":
      case "extend":
        break;
    }
  }

  private start(requestId: number, node: number, request: ReadRequest): void {
    const topics = new Map<string, { enqueued: Set<string>; acked: Set<string> }>();
    for (const [name, { enqueued, acked }] of this.topics) {
      topics.set(name, { enqueued: new Set(enqueued), acked: new Set(acked) });
    }
    const at = seen({ atUs: this.world?.queue.nowUs ?? 0, node }, `${request.op} reached n${node}`);
    this.reads.set(requestId, { at, request, topics });
  }

  /** A client has its answer. */
  replied(requestId: number, result: ClientResult): void {
    const read = this.reads.get(requestId);
    if (read) {
      this.reads.delete(requestId);
      if (result.ok) this.answered(read, result);
      return;
    }
    const request = this.operations.get(requestId);
    this.operations.delete(requestId);
    if (!request || !result.ok) return;
    if (request.op === "enqueue" && result.op === "enqueue" && !result.duplicate) {
      this.topicOf(request.topic).enqueued.add(result.messageId);
    }
    if (request.op === "ack") this.topicOf(request.topic).acked.add(request.messageId);
  }

  private answered(read: Started, result: Extract<ClientResult, { ok: true }>): void {
    if (result.op === "stats") {
      for (const [topic, counts] of result.topics) this.checkCounts(read, topic, counts);
    } else if (result.op === "topic.list") {
      for (const { topic, counts } of result.topics) {
        if (counts) this.checkCounts(read, topic, counts);
      }
    } else if (result.op === "peek" && read.request.op === "peek") {
      this.checkPeek(read, read.request, result);
    }
  }

  private checkCounts(read: Started, topic: string, counts: TopicCounts): void {
    const before = read.topics.get(topic);
    if (!before || this.topicOf(topic).isDeleted) return;
    // A partition without a leader is left out, and the answer says so.
    if (counts.partitions.some((partition) => !partition.isHealthy)) return;
    const { totalEnqueues, totalAcks } = counts;
    if (totalEnqueues < before.enqueued.size) {
      const finished = `${before.enqueued.size} had finished before it started`;
      this.broken(
        read,
        `${read.request.op} of ${topic} counts ${totalEnqueues} enqueues; ${finished}`,
      );
    }
    if (totalAcks < before.acked.size) {
      const finished = `${before.acked.size} had finished before it started`;
      this.broken(
        read,
        `${read.request.op} of ${topic} counts ${totalAcks} acknowledgements; ${finished}`,
      );
    }
  }

  private checkPeek(
    read: Started,
    request: Extract<ReadRequest, { op: "peek" }>,
    result: Extract<ClientResult, { op: "peek" }>,
  ): void {
    const { topic } = request;
    const before = read.topics.get(topic);
    const now = this.topicOf(topic);
    if (!before || now.isDeleted) return;
    const listed = new Set(result.items.map((item) => item.messageId));
    for (const id of before.acked) {
      if (listed.has(id)) this.broken(read, `peek of ${topic} lists ${id}, which was acknowledged`);
    }
    const isComplete = !result.hasMore && request.includeDlq && request.partitionId === undefined;
    if (!isComplete) return;
    for (const id of before.enqueued) {
      if (listed.has(id) || now.ackAsked.has(id)) continue;
      this.broken(read, `peek of ${topic} lacks ${id}, whose enqueue had finished before`);
    }
  }

  private broken(read: Started, message: string): never {
    throw new RuleBroken({
      rule: "R11",
      message: `${message}: the read was not linearizable`,
      first: read.at,
      second: seen({ atUs: this.world?.queue.nowUs ?? 0, node: read.at.node }, "answered"),
    });
  }
}
