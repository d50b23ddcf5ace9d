// Results that are put together from several partitions: stats, topic lists, peeks.

import type { PartitionPlace, TopicRecord } from "../../cluster/cluster-state.js";
import { compareInt64 } from "../../lib/int64.js";
import type {
  ClientRequest,
  ClientResult,
  Mode,
  PartitionCounts,
  PeekedMessage,
  TopicCounts,
  TopicInfo,
} from "../../contract/api.js";
import { addCounts, emptyCounts } from "../../contract/counts.js";
import type { ListPage } from "./list-page.js";
import { decodePartitionCounts, decodePeek, type PeekedRow } from "../../wire/read-bodies.js";

/** One partition's answer. */
export interface LegReply {
  readonly topic: string;
  readonly place: PartitionPlace;
  readonly body: Uint8Array;
  readonly index: number;
  /** Member that answered: its leader. */
  readonly from: number;
}

/** Payload bytes of a peek beyond its first message: the answer must fit one gRPC message. */
const PEEK_BYTES_MAX = 2 << 20;

type Names = (member: number) => string;

/** What the partitions of a topic count together; one without an answer adds nothing and says so. */
function topicCounts(
  record: TopicRecord,
  replies: ReadonlyMap<number, LegReply>,
  names: Names,
): TopicCounts {
  const sum = emptyCounts();
  const partitions = record.partitions.map((place): PartitionCounts => {
    const { partition: partitionId } = place;
    const replicaNodes = place.voters.map(names);
    const reply = replies.get(place.group);
    if (!reply) {
      const nothing = { messages: 0, inflight: 0, leaderNode: "", isHealthy: false };
      return { partitionId, replicaNodes, ...nothing };
    }
    const counts = decodePartitionCounts(reply.body);
    addCounts(sum, counts);
    return {
      partitionId,
      messages: counts.totalMessages,
      inflight: counts.inflightMessages,
      leaderNode: names(reply.from),
      replicaNodes,
      isHealthy: true,
    };
  });
  return { ...sum, partitions };
}

function byGroup(replies: readonly LegReply[]): Map<number, LegReply> {
  return new Map(replies.map((reply) => [reply.place.group, reply]));
}

/** `records`: all topics that were asked. */
export function mergeStats(
  replies: readonly LegReply[],
  request: Extract<ClientRequest, { op: "stats" }>,
  records: readonly TopicRecord[],
  names: Names,
): ClientResult {
  const found = byGroup(replies);
  const global = emptyCounts();
  const topics = new Map<string, TopicCounts>();
  const { partitionId } = request;
  for (const record of records) {
    const counts = topicCounts(record, found, names);
    addCounts(global, counts);
    if (request.topic !== undefined && request.topic !== record.topic) continue;
    const partitions = counts.partitions.filter(
      (p) => partitionId === undefined || p.partitionId === partitionId,
    );
    topics.set(record.topic, { ...counts, partitions });
  }
  return { ok: true, op: "stats", global, topics };
}

/** The topics that were asked, which are those of one page. */
export function listResult(
  replies: readonly LegReply[],
  page: ListPage,
  names: Names,
): ClientResult {
  const found = byGroup(replies);
  const topics = page.records.map((record): TopicInfo => {
    const { topic, heapId, settings, createdMs, updatedMs } = record;
    const counts = topicCounts(record, found, names);
    return { topic, heapId, settings, createdMs, updatedMs, counts };
  });
  return { ok: true, op: "topic.list", topics, nextPageToken: page.nextPageToken };
}

/** Best first over partitions: ready and leased, then delayed, then dead. */
export function mergePeek(replies: readonly LegReply[], limit: number, mode: Mode): ClientResult {
  const rows: PeekedRow[] = [];
  let hasMore = false;
  for (const reply of replies) {
    const peeked = decodePeek(reply.body, reply.place.group, reply.place.partition);
    rows.push(...peeked.rows);
    hasMore ||= peeked.hasMore;
  }
  rows.sort((a, b) => a.rank - b.rank || byPriority(a.message, b.message, mode));
  let bytes = 0;
  const items: PeekedMessage[] = [];
  for (const { message } of rows) {
    bytes += message.payload.length;
    const isFull = items.length > 0 && bytes > PEEK_BYTES_MAX;
    if (items.length >= limit || isFull) break;
    items.push(message);
  }
  return { ok: true, op: "peek", items, hasMore: hasMore || rows.length > items.length };
}

function byPriority(a: PeekedMessage, b: PeekedMessage, mode: Mode): number {
  const c = compareInt64(a.priorityHi, a.priorityLo, b.priorityHi, b.priorityLo);
  if (c !== 0) return mode === "MIN" ? c : -c;
  if (a.enqueuedMs !== b.enqueuedMs) return a.enqueuedMs - b.enqueuedMs;
  return a.messageId < b.messageId ? -1 : 1;
}
