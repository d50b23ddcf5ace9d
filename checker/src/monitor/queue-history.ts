// A history of a leased priority queue in neutral terms. The monitors read only this, so any queue
// whose client records these facts can use them; `disheap/` is one such user.
//
// Three kinds of time must not be mixed up:
// - `call` and `ret` are line indexes: real-time order as the recorder saw it;
// - values ending in `Ms` come from the queue: its own time per partition, which only grows in the
//   order of the partition's log, and says nothing about a client's clock;
// - no client clock is ever compared with another.
import type { HistoryLine } from "../history/line.js";
import type { Outcome } from "../history/operations.js";

/** Where an operation lies in the history. */
interface Span {
  readonly outcome: Outcome;
  readonly call: number;
  /** Infinity when the outcome is unknown. */
  readonly ret: number;
}

export interface Enqueue extends Span {
  readonly topic: string;
  readonly payload: string;
  readonly priority: bigint;
  /** Equal for repeats of one idempotent enqueue, absent for others. */
  readonly dedupKey?: string;
  /** The producer part of `dedupKey`: the window of remembered repeats is counted per producer. */
  readonly producer?: string;
  readonly delayMs: number;
  readonly maxRetries?: number;
  /** Known when the outcome is ok. */
  readonly messageId?: string;
  readonly partition?: number;
  readonly duplicate: boolean;
  /** Equal for the members of one atomic batch. */
  readonly batch?: string;
}

export interface Delivery extends Span {
  readonly topic: string;
  readonly messageId: string;
  readonly partition: number;
  readonly payload: string;
  readonly priority: bigint;
  readonly attempts: number;
  readonly maxRetries: number;
  readonly fence: number;
  readonly enqueuedMs: number;
  readonly deadlineMs: number;
  /** Time of the grant in the queue's own time, when the lease's length is known. */
  readonly grantedMs?: number;
  /**
   * Earliest line at which the grant can have happened. A queue may answer a credit with a grant it
   * made for an earlier credit of the same stream, so this can lie before `call`.
   */
  readonly earliest: number;
  /** The stream asked for some partitions only, so better messages elsewhere do not count. */
  readonly filtered: boolean;
}

/** A pop whose outcome is unknown: it may have taken a message that nobody saw. */
export interface OpenPop extends Span {
  readonly topic: string;
}

export interface Settle extends Span {
  readonly kind: "ack" | "nack" | "extend" | "release";
  readonly topic: string;
  readonly messageId: string;
  readonly fence: number;
  readonly backoffMs?: number;
  readonly extensionMs?: number;
}

/** A message that was still there when the history ended. */
export interface Remaining {
  readonly index: number;
  readonly topic: string;
  readonly messageId: string;
  readonly state: "ready" | "delayed" | "leased" | "dlq";
  readonly attempts?: number;
  readonly fence?: number;
  readonly priority?: bigint;
  readonly payload?: string;
}

/** The queue itself ended a lease (it ran out, or was cut short) at `atMs` of its own time. */
export interface LeaseEnd {
  readonly index: number;
  readonly topic: string;
  readonly messageId: string;
  readonly fence: number;
  readonly atMs: number;
}

export interface TopicFacts {
  readonly topic: string;
  readonly mode: "MIN" | "MAX";
  readonly partitions: number;
  readonly maxRetries?: number;
  readonly dlq?: boolean;
  readonly visibilityMs?: number;
  /**
   * Line after which everything left is listed as `remaining`, so that the history covers the whole
   * life of the topic's messages; -1 when it was never drained.
   */
  readonly drainedAt: number;
  /**
   * Line at which a client first asked to delete the topic, -1 when none did. From there on another topic
   * may have its name.
   */
  readonly deletedAt: number;
  /** Messages may leave by other ways (purge, retention, deletion), so absence proves nothing. */
  readonly lossy: boolean;
  /** Dead letters may be replayed, which starts the attempts anew. */
  readonly replayed: boolean;
}

/** Everything known of one message id. */
export interface MessageRecord {
  readonly topic: string;
  readonly messageId: string;
  /**
   * Tells partitions of the same name apart, where the queue's ids do: after a deletion another topic may have
   * the name. Empty when nothing tells. Times of a partition are compared inside of one life only.
   */
  readonly partitionLife: string;
  readonly enqueues: Enqueue[];
  /** In order of fence, then of line. */
  readonly deliveries: Delivery[];
  readonly settles: Settle[];
  readonly remaining: Remaining[];
  readonly ends: LeaseEnd[];
}

export interface QueueHistory {
  readonly lines: readonly HistoryLine[];
  readonly enqueues: readonly Enqueue[];
  readonly deliveries: readonly Delivery[];
  readonly openPops: readonly OpenPop[];
  readonly settles: readonly Settle[];
  readonly messages: ReadonlyMap<string, MessageRecord>;
  readonly topics: ReadonlyMap<string, TopicFacts>;
}

/** The facts of a topic the history never described. */
export function unknownTopic(topic: string): TopicFacts {
  return {
    topic,
    mode: "MIN",
    partitions: 0,
    drainedAt: -1,
    deletedAt: -1,
    lossy: false,
    replayed: false,
  };
}

export function topicFacts(history: QueueHistory, topic: string): TopicFacts {
  return history.topics.get(topic) ?? unknownTopic(topic);
}

/** Records of partitions of one name and life: their order and times can be compared. */
export function byPartitionLife(
  history: QueueHistory,
  isJudged: (facts: TopicFacts) => boolean,
): MessageRecord[][] {
  const lives = new Map<string, MessageRecord[]>();
  for (const record of history.messages.values()) {
    if (!isJudged(topicFacts(history, record.topic))) continue;
    const key = messageKey(record.topic, record.partitionLife);
    const records = lives.get(key);
    if (records === undefined) lives.set(key, [record]);
    else records.push(record);
  }
  return [...lives.values()];
}

export function messageKey(topic: string, messageId: string): string {
  return `${topic}\u0000${messageId}`;
}

/** How many leases these are about. */
export function distinctFences(about: readonly { readonly fence: number }[]): number {
  return new Set(about.map(({ fence }) => fence)).size;
}
