// The client: one method per thing a caller wants from a cluster. Any node serves any call; see
// caller.ts for what is repeated and pop-stream.ts for consuming.
import {
  AckReq,
  AdminService,
  DeleteHeapReq,
  DisheapService,
  EnqueueReq,
  ExtendReq,
  NackReq,
  PeekReq,
  ReleaseReq,
  StatsReq,
} from "@disheap/proto";
import { Caller, type Earlier } from "./caller.js";
import { checkOptions } from "./checks.js";
import { optionalDuration, toDuration, toMs, toPayload, toPriority, toText } from "./convert.js";
import { EndpointPool } from "./endpoints.js";
import { DisheapValidationError } from "./errors.js";
import { isUnknownCall } from "./give-back.js";
import type { NackOptions } from "./message.js";
import {
  deleteChecks,
  enqueueChecks,
  listChecks,
  nackChecks,
  peekChecks,
  statsChecks,
} from "./option-checks.js";
import { type ClientOptions, type ResolvedOptions, resolveOptions } from "./options.js";
import { fromPeekItem, type PeekOptions, type PeekResult } from "./peek.js";
import type { PopOptions } from "./pop-options.js";
import { PopStream } from "./pop-stream.js";
import { Producer } from "./producer.js";
import { Sessions } from "./session/sessions.js";
import {
  fromHeapInfo,
  fromHeapStats,
  toMakeHeap,
  type TopicInfo,
  type TopicOptions,
  type TopicStats,
} from "./topics.js";
import { Visibilities } from "./visibilities.js";

export interface EnqueueOptions {
  priority?: bigint | number | undefined;
  /** Messages of one key share a partition. */
  partitionKey?: string | undefined;
  /** Not delivered before this long from now. */
  delayMs?: number | undefined;
  /** Default: the topic's. 0: the first failure is the last. */
  maxRetries?: number | undefined;
  /** false: sent without an identity, and so never again once its outcome is unknown. */
  producer?: false | undefined;
}

export interface EnqueueResult {
  messageId: string;
  partition: number;
  /** True when a repeat met its first attempt: the message is there once. */
  duplicate: boolean;
}

export interface DeleteOptions {
  /** Needed, or the token that a refused deletion hands out: all messages go. */
  force?: boolean | undefined;
  confirmationToken?: string | undefined;
}

export interface ListOptions {
  /** How many come with one answer, up to 1000; all are listed, whatever it is. */
  pageSize?: number | undefined;
}

export interface StatsOptions {
  partition?: number | undefined;
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
  readonly #streams = new Set<PopStream>();
  #canRelease: Promise<boolean> | undefined;

  constructor(options: ClientOptions = {}) {
    this.#options = resolveOptions(options);
    this.#pool = new EndpointPool(this.#options);
    this.#caller = new Caller(this.#pool, this.#options);
    this.#producer = new Producer(this.#options.producerName);
    this.#sessions = new Sessions(this.#pool, this.#caller, this.#options);
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

  async enqueue(
    topic: string,
    payload: Uint8Array | string,
    options: EnqueueOptions = {},
  ): Promise<EnqueueResult> {
    checkOptions("enqueue", enqueueChecks, options);
    const { partitionKey, maxRetries, producer } = options;
    const isRepeatable = producer !== false;
    const request = EnqueueReq.create({
      topic: toText("topic", topic),
      payload: toPayload(payload),
      priority: toPriority(options.priority ?? 0n),
    });
    const notBefore = optionalDuration("delayMs", options.delayMs);
    if (partitionKey !== undefined) request.partitionKey = partitionKey;
    if (maxRetries !== undefined) request.maxRetries = maxRetries;
    if (notBefore !== undefined) request.notBefore = notBefore;
    // Drawn last: a refused call leaves no gap.
    if (isRepeatable) Object.assign(request, this.#producer.next(topic));
    const rules = { name: `enqueue(${topic})`, isRepeatable, isIdempotent: isRepeatable };
    const spec = { kind: "enqueue", name: rules.name, topic, request } as const;
    const answer = await this.#sessions.enqueue(spec, (earlier) =>
      this.#caller.unary(DisheapService.enqueue, request, { ...rules, earlier }),
    );
    const { messageId, duplicate, partitionId } = answer;
    return { messageId, partition: partitionId, duplicate };
  }

  /** An async iterator over deliveries, best first. */
  pop(topic: string, options: PopOptions = {}): PopStream {
    this.#caller.assertOpen();
    const stream = new PopStream(topic, options, {
      pool: this.#pool,
      caller: this.#caller,
      options: this.#options,
      calls: this,
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

  async ack(topic: string, messageId: string, leaseToken: string): Promise<void> {
    const lease = leaseOf(topic, messageId, leaseToken);
    const rules = { name: `ack(${messageId})`, isIdempotent: true };
    const spec = { kind: "ack", name: rules.name, ...lease } as const;
    await this.#sessions.settle(spec, (earlier) =>
      this.#caller.unary(DisheapService.ack, AckReq.create(lease), { ...rules, earlier }),
    );
  }

  async nack(
    topic: string,
    messageId: string,
    leaseToken: string,
    options: NackOptions = {},
  ): Promise<void> {
    checkOptions("nack", nackChecks, options);
    const lease = leaseOf(topic, messageId, leaseToken);
    const request = NackReq.create(lease);
    const backoffOverride = optionalDuration("backoffMs", options.backoffMs);
    if (backoffOverride !== undefined) request.backoffOverride = backoffOverride;
    if (options.reason !== undefined) request.reason = options.reason;
    const rules = { name: `nack(${messageId})`, isIdempotent: true };
    const { reason } = options;
    const backoffMs = backoffOverride && toMs(backoffOverride);
    const spec = { kind: "nack", name: rules.name, ...lease, backoffMs, reason } as const;
    await this.#sessions.settle(spec, (earlier) =>
      this.#caller.unary(DisheapService.nack, request, { ...rules, earlier }),
    );
  }

  /**
   * Gives a delivery back that was not started: ready at once, and no attempt is counted. Fails with
   * UNIMPLEMENTED where the cluster is older than this call.
   */
  async release(topic: string, messageId: string, leaseToken: string): Promise<void> {
    const lease = leaseOf(topic, messageId, leaseToken);
    const spec = { kind: "release", name: `release(${messageId})`, ...lease } as const;
    await this.#sessions.settle(spec, (earlier) => this.#release(lease, earlier));
  }

  async #release(lease: ReturnType<typeof leaseOf>, earlier?: Earlier): Promise<void> {
    const rules = { name: `release(${lease.messageId})`, isIdempotent: true, earlier };
    await this.#caller.unary(AdminService.release, ReleaseReq.create(lease), rules);
  }

  /** A release of nothing is refused where the call is known, and unknown elsewhere. Asked once. */
  canRelease(): Promise<boolean> {
    this.#canRelease ??= this.#release(leaseOf("", "", "")).then(
      () => true,
      (error: unknown) => {
        if (error instanceof DisheapValidationError) return true;
        // What failed otherwise may be known the next time.
        if (!isUnknownCall(error)) this.#canRelease = undefined;
        return false;
      },
    );
    return this.#canRelease;
  }

  /**
   * Adds `ms` to a lease, counted from its old end. A repeat, after a lost answer or at another node when one
   * is silent, may add it twice: the lease is then longer than told, never shorter.
   */
  async extend(topic: string, leaseToken: string, ms: number): Promise<void> {
    const request = ExtendReq.create({
      topic: toText("topic", topic),
      leaseToken: toText("leaseToken", leaseToken),
      extension: toDuration("ms", ms),
    });
    const rules = { name: `extend(${topic})`, isIdempotent: true };
    const extensionMs = Math.round(ms);
    const lease = { topic, messageId: "", leaseToken };
    const spec = { kind: "extend", name: rules.name, ...lease, extensionMs } as const;
    await this.#sessions.settle(spec, (earlier) =>
      this.#caller.unary(DisheapService.extend, request, { ...rules, earlier }),
    );
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

function leaseOf(
  topic: string,
  messageId: string,
  leaseToken: string,
): { topic: string; messageId: string; leaseToken: string } {
  return {
    topic: toText("topic", topic),
    messageId: toText("messageId", messageId),
    leaseToken: toText("leaseToken", leaseToken),
  };
}
