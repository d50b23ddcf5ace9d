// Results that are put together from several partitions: stats, topic lists, peeks.

import type { PartitionPlace, TopicRecord } from "../../cluster/cluster.js";
import { compareInt64 } from "../../lib/int64.js";
import type {
  ClientRequest,
  ClientResult,
  Counts,
  Mode,
  PartitionCounts,
  PeekedMessage,
  TopicCounts,
  TopicInfo,
} from "../../contract/api.js";
import { addCounts, emptyCounts } from "../../contract/counts.js";
import { decodePartitionCounts, decodePeek, type PeekedRow } from "../../wire/read-bodies.js";

/** One partition's answer. */
export interface PartReply {
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

function topicCounts(replies: readonly PartReply[], names: Names): Map<string, TopicCounts> {
  const topics = new Map<string, { counts: Counts; partitions: PartitionCounts[] }>();
  for (const reply of replies) {
    const counts = decodePartitionCounts(reply.body);
    const topic = topics.get(reply.topic) ?? { counts: emptyCounts(), partitions: [] };
    topics.set(reply.topic, topic);
    addCounts(topic.counts, counts);
    topic.partitions.push({
      partitionId: reply.place.partition,
      messages: counts.totalMessages,
      inflight: counts.inflightMessages,
      leaderNode: names(reply.from),
      replicaNodes: reply.place.voters.map(names),
      isHealthy: true,
    });
  }
  const result = new Map<string, TopicCounts>();
  for (const [name, { counts, partitions }] of topics) {
    partitions.sort((a, b) => a.partitionId - b.partitionId);
    result.set(name, { ...counts, partitions });
  }
  return result;
}

export function mergeStats(
  replies: readonly PartReply[],
  request: Extract<ClientRequest, { op: "stats" }>,
  records: readonly TopicRecord[],
  names: Names,
): ClientResult {
  const all = topicCounts(replies, names);
  const global = emptyCounts();
  for (const counts of all.values()) addCounts(global, counts);
  const topics = new Map<string, TopicCounts>();
  for (const record of records) {
    if (request.topic !== undefined && request.topic !== record.topic) continue;
    const counts = all.get(record.topic);
    if (!counts) continue;
    const { partitionId } = request;
    const partitions = counts.partitions.filter(
      (p) => partitionId === undefined || p.partitionId === partitionId,
    );
    topics.set(record.topic, { ...counts, partitions });
  }
  return { ok: true, op: "stats", global, topics };
}

/** Page tokens are decimal offsets into the topics sorted by name. */
export function listResult(
  replies: readonly PartReply[],
  request: Extract<ClientRequest, { op: "topic.list" }>,
  records: readonly TopicRecord[],
  names: Names,
): ClientResult {
  const from = request.pageToken === "" ? 0 : Number(request.pageToken);
  if (!Number.isSafeInteger(from) || from < 0) {
    const message =
      "page_token is malformed; send the next_page_token of the page before, or nothing";
    return { ok: false, failure: { code: "INVALID_ARGUMENT", message } };
  }
  const size = request.pageSize === 0 ? 50 : Math.min(request.pageSize, 1000);
  const counts = topicCounts(replies, names);
  const live = records.filter((r) => !r.isDeleting);
  const topics = live.slice(from, from + size).map((r): TopicInfo => {
    const found = counts.get(r.topic);
    const { topic, heapId, settings, createdMs, updatedMs } = r;
    return { topic, heapId, settings, createdMs, updatedMs, ...(found ? { counts: found } : {}) };
  });
  const nextPageToken = from + size < live.length ? String(from + size) : "";
  return { ok: true, op: "topic.list", topics, nextPageToken };
}

/** Best first over partitions: ready and leased, then delayed, then dead. */
export function mergePeek(
  replies: readonly PartReply[],
  request: Extract<ClientRequest, { op: "peek" }>,
  mode: Mode,
): ClientResult {
  const limit = request.limit === 0 ? 10 : Math.min(request.limit, 1000);
  const rows: PeekedRow[] = [];
  let hasMore = false;
  for (const reply of replies) {
    const part = decodePeek(reply.body, reply.place.group, reply.place.partition);
    rows.push(...part.rows);
    hasMore ||= part.hasMore;
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
