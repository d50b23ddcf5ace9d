// The client: one method per thing a caller wants from a cluster. Any node serves any call; see
// caller.ts for what is repeated and pop-stream.ts for consuming.
import { DeleteHeapReq, DisheapService, type EnqueueReq, PeekReq, StatsReq } from "@disheap/proto";
import type { DeleteOptions, EnqueueOptions, ListOptions, StatsOptions } from "./call-options.js";
import { Caller } from "./caller.js";
import { checkOptions } from "./checks.js";
import type { ClientOptions } from "./client-options.js";
import { asError } from "./errors.js";
import { optionalDuration, toPayload, toPriority, toText } from "./convert.js";
import { EndpointPool } from "./endpoints.js";
import { toMakeHeap } from "./make-topic.js";
import type { NackOptions } from "./message.js";
import {
  deleteChecks,
  enqueueChecks,
  listChecks,
  peekChecks,
  statsChecks,
} from "./option-checks.js";
import { type ResolvedOptions, resolveOptions } from "./options.js";
import { fromPeekItem, type PeekOptions, type PeekResult } from "./peek.js";
import type { PopOptions } from "./pop-options.js";
import { PopStream } from "./pop-stream.js";
import { Producer } from "./producer.js";
import { Sessions } from "./session/sessions.js";
import { Settles } from "./settles.js";
import {
  fromHeapInfo,
  fromHeapStats,
  type TopicInfo,
  type TopicOptions,
  type TopicStats,
} from "./topics.js";
import { Visibilities } from "./visibilities.js";

export interface EnqueueResult {
  messageId: string;
  partition: number;
  /** True when a repeat met its first attempt: the message is there once. */
  duplicate: boolean;
}

export interface StatsResult {
  global: TopicStats;
  topics: Map<string, TopicStats>;
}

/** Metadata of a deletion: only the topic with this heap id is meant. */
const ifHeapId = "disheap-if-heap-id";
/** How long a closing client waits for deliveries to be given back. */
const closeMsMax = 2_000;

export class DisheapClient {
  readonly producerId: string;
  readonly #options: ResolvedOptions;
  readonly #pool: EndpointPool;
  readonly #caller: Caller;
  readonly #producer: Producer;
  readonly #sessions: Sessions;
  readonly #visibilities = new Visibilities(() => this.listTopics({ pageSize: 1000 }));
  readonly #settles: Settles;
  readonly #streams = new Set<PopStream>();

  constructor(options: ClientOptions = {}) {
    this.#options = resolveOptions(options);
    this.#pool = new EndpointPool(this.#options);
    this.#caller = new Caller(this.#pool, this.#options);
    this.#producer = new Producer(this.#options.producerName);
    this.#sessions = new Sessions(this.#pool, this.#caller, this.#options);
    this.#settles = new Settles(this.#sessions, this.#caller);
    this.producerId = this.#producer.id;
  }

  async createTopic(topic: string, options: TopicOptions = {}): Promise<{ heapId: string }> {
    const request = toMakeHeap(topic, options);
    const name = `createTopic(${topic})`;
    const { heapId } = await this.#caller.unary(DisheapService.makeHeap, request, { name });
    return { heapId };
  }

  async deleteTopic(topic: string, options: DeleteOptions = {}): Promise<void> {
    checkOptions("deleteTopic", deleteChecks, options);
    const request = DeleteHeapReq.create({
      topic: toText("topic", topic),
      force: options.force ?? false,
      confirmationToken: options.confirmationToken ?? "",
    });
    const name = `deleteTopic(${topic})`;
    // A repeat must not meet a topic that somebody makes under this name meanwhile.
    const heapId = await this.#heapIdOf(topic);
    const rules =
      heapId === undefined ? { isRepeatable: false } : { headers: { [ifHeapId]: heapId } };
    await this.#caller.unary(DisheapService.deleteHeap, request, { name, ...rules });
  }

  /** The topic's heap id, which names the second of its creation; undefined: there is no such topic. */
  async #heapIdOf(topic: string): Promise<string | undefined> {
    for await (const found of this.listTopics({ pageSize: 1000 })) {
      if (found.topic !== topic) continue;
      const { createdAt } = found;
      return createdAt && `${topic}-${Math.floor(createdAt.getTime() / 1000)}`;
    }
    return undefined;
  }

  /** All topics by name, fetched a page at a time. */
  async *listTopics(options: ListOptions = {}): AsyncGenerator<TopicInfo> {
    checkOptions("listTopics", listChecks, options);
    const pageSize = options.pageSize ?? 0;
    let pageToken = "";
    do {
      const request = { pageSize, pageToken };
      const rules = { name: "listTopics", isIdempotent: true };
      const page = await this.#caller.unary(DisheapService.listHeaps, request, rules);
      yield* page.heaps.map(fromHeapInfo);
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
  }

  /** Counters of the whole cluster, and of one topic or all. */
  async stats(topic?: string, options: StatsOptions = {}): Promise<StatsResult> {
    checkOptions("stats", statsChecks, options);
    const { partition: partitionId } = options;
    const request = StatsReq.create({
      ...(topic === undefined ? {} : { topic: toText("topic", topic) }),
      ...(partitionId === undefined ? {} : { partitionId }),
    });
    const name = topic === undefined ? "stats" : `stats(${topic})`;
    const rules = { name, isIdempotent: true };
    const answer = await this.#caller.unary(DisheapService.stats, request, rules);
    const topics = [...answer.topicStats].map(
      ([key, stats]) => [key, fromHeapStats(stats)] as const,
    );
    return { global: fromHeapStats(answer.globalStats), topics: new Map(topics) };
  }

  /** A refusal of the arguments rejects, as one of the cluster does. */
  enqueue(
    topic: string,
    payload: Uint8Array | string,
    options: EnqueueOptions = {},
  ): Promise<EnqueueResult> {
    let request: EnqueueReq;
    try {
      request = this.#enqueueOf(topic, payload, options);
    } catch (error) {
      return Promise.reject(asError(error));
    }
    const isRepeatable = options.producer !== false;
    const rules = { name: `enqueue(${topic})`, isRepeatable, isIdempotent: isRepeatable };
    const spec = { kind: "enqueue", name: rules.name, topic, request } as const;
    return this.#sessions
      .enqueue(spec, (earlier) =>
        this.#caller.unary(DisheapService.enqueue, request, { ...rules, earlier }),
      )
      .then(({ messageId, duplicate, partitionId }) => {
        return { messageId, partition: partitionId, duplicate };
      });
  }

  #enqueueOf(topic: string, payload: Uint8Array | string, options: EnqueueOptions): EnqueueReq {
    checkOptions("enqueue", enqueueChecks, options);
    const { partitionKey, maxRetries, producer } = options;
    const request: EnqueueReq = {
      topic: toText("topic", topic),
      payload: toPayload(payload),
      priority: toPriority(options.priority ?? 0n),
      partitionKey,
      producerId: undefined,
      epoch: undefined,
      sequence: undefined,
      maxRetries,
      notBefore: optionalDuration("delayMs", options.delayMs),
    };
    // Drawn last: a refused call leaves no gap.
    return producer === false ? request : Object.assign(request, this.#producer.next(topic));
  }

  /** An async iterator over deliveries, best first. */
  pop(topic: string, options: PopOptions = {}): PopStream {
    this.#caller.assertOpen();
    const stream = new PopStream(topic, options, {
      pool: this.#pool,
      caller: this.#caller,
      options: this.#options,
      calls: this.#settles,
      sessions: this.#sessions,
      visibilities: this.#visibilities,
      onClosed: (closed) => this.#streams.delete(closed),
    });
    this.#streams.add(stream);
    return stream;
  }

  /** The best messages of a topic, leased and delayed ones included; changes nothing. */
  async peek(topic: string, options: PeekOptions = {}): Promise<PeekResult> {
    checkOptions("peek", peekChecks, options);
    const { partition: partitionId, limit } = options;
    const request = PeekReq.create({
      topic: toText("topic", topic),
      includeDlq: options.includeDeadLetters ?? false,
      ...(partitionId === undefined ? {} : { partitionId }),
      ...(limit === undefined ? {} : { limit }),
    });
    const name = `peek(${topic})`;
    const rules = { name, isIdempotent: true };
    const answer = await this.#caller.unary(DisheapService.peek, request, rules);
    return { items: answer.items.map(fromPeekItem), hasMore: answer.hasMore };
  }

  ack(topic: string, messageId: string, leaseToken: string): Promise<void> {
    return this.#settles.ack(topic, messageId, leaseToken);
  }

  nack(
    topic: string,
    messageId: string,
    leaseToken: string,
    options: NackOptions = {},
  ): Promise<void> {
    return this.#settles.nack(topic, messageId, leaseToken, options);
  }

  /**
   * Gives a delivery back that was not started: ready at once, and no attempt is counted. Fails with
   * UNIMPLEMENTED where the cluster is older than this call.
   */
  release(topic: string, messageId: string, leaseToken: string): Promise<void> {
    return this.#settles.release(topic, messageId, leaseToken);
  }

  /** A release of nothing is refused where the call is known, and unknown elsewhere. Asked once. */
  canRelease(): Promise<boolean> {
    return this.#settles.canRelease();
  }

  /**
   * Adds `ms` to a lease, counted from its old end. A repeat, after a lost answer or at another node when one
   * is silent, may add it twice: the lease is then longer than told, never shorter.
   */
  extend(topic: string, leaseToken: string, ms: number): Promise<void> {
    return this.#settles.extend(topic, leaseToken, ms);
  }

  /** Closes streams, gives back deliveries nobody saw, and drops the connections. */
  async close(): Promise<void> {
    const streams = [...this.#streams].map((stream) => stream.close());
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, closeMsMax);
    });
    await Promise.race([Promise.allSettled(streams), late]);
    clearTimeout(timer);
    this.#sessions.close();
    this.#caller.close();
    this.#pool.close();
  }
}
