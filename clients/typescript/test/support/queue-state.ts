// The state that the test nodes share: topics, messages, leases, seen producer triples. As small as a
// priority queue can be and still answer the whole API truthfully.
import { status } from "@grpc/grpc-js";
import { randomBytes } from "node:crypto";
import type { EnqueueReq, MakeHeapReq } from "@disheap/proto";
import { type EnqueueResp, HeapInfo, HeapStats, Mode, PeekItem, PopItem } from "@disheap/proto";

export class Refusal extends Error {
  readonly code: status;

  constructor(code: status, details: string) {
    super(details);
    this.code = code;
  }
}

export interface StoredMessage {
  id: string;
  request: EnqueueReq;
  partition: number;
  enqueuedAt: Date;
  readyAtMs: number;
  attempts: number;
  fence: number;
  lease: { token: string; deadlineMs: number } | undefined;
  isDead: boolean;
}

export interface Topic {
  config: MakeHeapReq;
  createdAt: Date;
  messages: StoredMessage[];
  settled: Map<string, "ack" | "nack">;
  triples: Map<string, EnqueueResp>;
  counts: { enqueues: number; pops: number; acks: number; nacks: number; retries: number };
}

const seconds = (ms: number) => ({ seconds: BigInt(Math.floor(ms / 1_000)), nanos: 0 });

const heapIdOf = (topic: string, createdAt: Date): string =>
  `${topic}-${createdAt.getTime() / 1_000}`;

export class QueueState {
  readonly topics = new Map<string, Topic>();
  /** Every enqueue that reached a node, repeats included. */
  readonly received: EnqueueReq[] = [];
  /** Tokens of deliveries that were given back without an attempt. */
  readonly releases: string[] = [];
  readonly nacks: { id: string; backoffMs: number | undefined; reason: string | undefined }[] = [];
  readonly #watchers = new Set<() => void>();
  #ids = 0;
  #removed = 0;

  /** Calls back whenever a message may have become ready. Returns how to stop. */
  watch(onReady: () => void): () => void {
    this.#watchers.add(onReady);
    return () => this.#watchers.delete(onReady);
  }

  topic(name: string): Topic {
    const topic = this.topics.get(name);
    if (topic === undefined) throw new Refusal(status.NOT_FOUND, `topic "${name}" not found`);
    return topic;
  }

  create(config: MakeHeapReq): string {
    if (!/^[a-zA-Z0-9_-]{1,255}$/.test(config.topic)) {
      throw new Refusal(status.INVALID_ARGUMENT, "topic: use 1 to 255 of a-z A-Z 0-9 _ -");
    }
    if (this.topics.has(config.topic)) {
      throw new Refusal(status.ALREADY_EXISTS, `topic "${config.topic}" already exists`);
    }
    // No heap id returns: its second is above those of all that were removed.
    const createdAt = new Date(1_700_000_000_000 + this.#removed * 1_000);
    const counts = { enqueues: 0, pops: 0, acks: 0, nacks: 0, retries: 0 };
    this.topics.set(config.topic, {
      config,
      createdAt,
      messages: [],
      settled: new Map(),
      triples: new Map(),
      counts,
    });
    return heapIdOf(config.topic, createdAt);
  }

  /** Refuses when a heap id is given and the topic has another. */
  mustBe(name: string, heapId: string | undefined): void {
    const is = heapIdOf(name, this.topic(name).createdAt);
    if (heapId !== undefined && heapId !== is) {
      throw new Refusal(status.NOT_FOUND, `heap ${heapId} not found: ${name} is ${is} now`);
    }
  }

  remove(name: string): void {
    this.topic(name);
    this.topics.delete(name);
    this.#removed += 1;
    this.#wake();
  }

  enqueue(request: EnqueueReq): EnqueueResp {
    this.received.push(request);
    const topic = this.topic(request.topic);
    if (request.payload.length === 0) {
      throw new Refusal(status.INVALID_ARGUMENT, "payload is empty: send at least one byte");
    }
    const triple =
      request.producerId === undefined
        ? undefined
        : `${request.producerId}/${request.epoch}/${request.sequence}`;
    const first = triple === undefined ? undefined : topic.triples.get(triple);
    if (first !== undefined) return { ...first, duplicate: true };
    this.#ids += 1;
    const id = this.#ids.toString(32).toUpperCase().padStart(26, "0");
    const partition = this.#ids % Math.max(1, topic.config.partitions);
    const delayMs = Number(request.notBefore?.seconds ?? 0n) * 1_000;
    topic.messages.push({
      id,
      request,
      partition,
      enqueuedAt: new Date(),
      readyAtMs: Date.now() + delayMs,
      attempts: 0,
      fence: 0,
      lease: undefined,
      isDead: false,
    });
    topic.counts.enqueues += 1;
    const response = { messageId: id, duplicate: false, partitionId: partition };
    if (triple !== undefined) topic.triples.set(triple, response);
    this.#wakeIn(delayMs);
    return response;
  }

  /** Leases the best ready message, or answers undefined. */
  grant(name: string, partitions: readonly number[], visibilityMs: number): PopItem | undefined {
    const topic = this.topic(name);
    const ready = this.#sorted(topic).filter(
      (message) =>
        !message.isDead &&
        message.lease === undefined &&
        message.readyAtMs <= Date.now() &&
        (partitions.length === 0 || partitions.includes(message.partition)),
    );
    const message = ready[0];
    if (message === undefined) return undefined;
    message.attempts += 1;
    message.fence += 1;
    const token =
      message.fence.toString(16).padStart(8, "0") + randomBytes(26).toString("base64url");
    message.lease = { token, deadlineMs: Date.now() + visibilityMs };
    topic.counts.pops += 1;
    const { payload, priority, producerId, epoch, sequence } = message.request;
    return PopItem.create({
      messageId: message.id,
      topic: name,
      partitionId: message.partition,
      payload,
      priority,
      enqueuedTime: message.enqueuedAt,
      leaseToken: token,
      leaseDeadline: new Date(message.lease.deadlineMs),
      attempts: message.attempts,
      maxRetries: message.request.maxRetries ?? 3,
      ...(producerId === undefined ? {} : { producerId }),
      ...(epoch === undefined ? {} : { epoch }),
      ...(sequence === undefined ? {} : { sequence }),
    });
  }

  ack(name: string, token: string): void {
    const topic = this.topic(name);
    if (topic.settled.get(token) === "ack") return;
    const message = this.#held(topic, token);
    topic.messages = topic.messages.filter((other) => other !== message);
    topic.settled.set(token, "ack");
    topic.counts.acks += 1;
  }

  nack(name: string, id: string, token: string, backoffMs?: number, reason?: string): void {
    const topic = this.topic(name);
    if (topic.settled.get(token) === "nack") return;
    const message = this.#held(topic, token);
    topic.settled.set(token, "nack");
    topic.counts.nacks += 1;
    this.nacks.push({ id, backoffMs, reason });
    message.lease = undefined;
    message.isDead = message.attempts > (message.request.maxRetries ?? 3);
    message.readyAtMs = Date.now() + (backoffMs ?? 1_000);
    this.#wakeIn(backoffMs ?? 1_000);
  }

  release(name: string, token: string): void {
    if (token === "") throw new Refusal(status.INVALID_ARGUMENT, "lease_token is empty");
    const message = this.#held(this.topic(name), token);
    this.releases.push(token);
    message.lease = undefined;
    message.attempts -= 1;
    this.#wake();
  }

  extend(name: string, token: string, ms: number): void {
    const message = this.#held(this.topic(name), token);
    if (message.lease !== undefined) message.lease.deadlineMs += ms;
  }

  peek(name: string, includeDead: boolean, partition: number | undefined): PeekItem[] {
    return this.#sorted(this.topic(name))
      .filter((message) => includeDead || !message.isDead)
      .filter((message) => partition === undefined || message.partition === partition)
      .map((message) =>
        PeekItem.create({
          messageId: message.id,
          topic: name,
          partitionId: message.partition,
          payload: message.request.payload,
          priority: message.request.priority,
          enqueuedTime: message.enqueuedAt,
          attempts: message.attempts,
          maxRetries: message.request.maxRetries ?? 3,
          isLeased: message.lease !== undefined,
          inDlq: message.isDead,
        }),
      );
  }

  stats(topics: readonly Topic[]): HeapStats {
    const all = topics.flatMap((topic) => topic.messages);
    const sum = (name: keyof Topic["counts"]) =>
      BigInt(topics.reduce((total, topic) => total + topic.counts[name], 0));
    const result = HeapStats.create({
      totalMessages: BigInt(all.filter((message) => !message.isDead).length),
      inflightMessages: BigInt(all.filter((message) => message.lease !== undefined).length),
      dlqMessages: BigInt(all.filter((message) => message.isDead).length),
      totalEnqueues: sum("enqueues"),
      totalPops: sum("pops"),
      totalAcks: sum("acks"),
      totalNacks: sum("nacks"),
      totalRetries: sum("retries"),
    });
    const partitions = topics.length === 1 ? Math.max(1, topics[0]?.config.partitions ?? 1) : 0;
    for (let partitionId = 0; partitionId < partitions; partitionId += 1) {
      const mine = all.filter((message) => message.partition === partitionId);
      result.partitionStats.set(partitionId, {
        partitionId,
        messages: BigInt(mine.length),
        inflight: BigInt(mine.filter((message) => message.lease !== undefined).length),
        leaderNode: "n1",
        replicaNodes: ["n1", "n2", "n3"],
        isHealthy: true,
      });
    }
    return result;
  }

  list(): HeapInfo[] {
    return [...this.topics.values()]
      .map((topic) =>
        HeapInfo.create({
          ...topic.config,
          partitions: Math.max(1, topic.config.partitions),
          retentionTime: topic.config.retentionTime ?? seconds(86_400_000),
          visibilityTimeoutDefault: topic.config.visibilityTimeoutDefault ?? seconds(30_000),
          dlqPolicy: topic.config.dlqPolicy ?? {
            enabled: true,
            retentionTime: seconds(604_800_000),
          },
          createdAt: topic.createdAt,
          updatedAt: topic.createdAt,
          stats: this.stats([topic]),
        }),
      )
      .sort((a, b) => (a.topic < b.topic ? -1 : 1));
  }

  #held(topic: Topic, token: string): StoredMessage {
    const message = topic.messages.find((other) => other.lease?.token === token);
    if (message !== undefined) return message;
    throw new Refusal(status.FAILED_PRECONDITION, "the lease is not held any more: pop again");
  }

  #sorted(topic: Topic): StoredMessage[] {
    const sign = topic.config.mode === Mode.MAX ? -1 : 1;
    return [...topic.messages].sort((a, b) => {
      const [left, right] = [a.request.priority, b.request.priority];
      if (left !== right) return left < right ? -sign : sign;
      return a.id < b.id ? -1 : 1;
    });
  }

  #wakeIn(delayMs: number): void {
    if (delayMs <= 0) this.#wake();
    else setTimeout(() => this.#wake(), delayMs + 1).unref();
  }

  #wake(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }
}
