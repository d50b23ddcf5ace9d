// Writes the engine's results as the messages of the contract.

import {
  type ClientResult,
  type Counts,
  type DeliveredItem,
  ITEM_OVERHEAD_BYTES,
  type PeekedMessage,
  type ProducerTriple,
  type TopicCounts,
  type TopicInfo,
} from "@disheap/core";
import {
  type HeapInfo,
  type HeapStats,
  type ListHeapsResp,
  Mode,
  type PeekItem,
  type PeekResp,
  type PopItem,
  type StatsResp,
} from "@disheap/proto";
import { signedFrom, toDuration, unsignedFrom } from "./scalars.js";

/** A successful result of one operation. */
export type Success<Op extends string> = Extract<ClientResult, { ok: true; op: Op }>;

export function writeListHeaps(result: Success<"topic.list">): ListHeapsResp {
  return { heaps: result.topics.map(writeHeapInfo), nextPageToken: result.nextPageToken };
}

function writeHeapInfo(info: TopicInfo): HeapInfo {
  const settings = info.settings;
  return {
    topic: info.topic,
    mode: settings.mode === "MAX" ? Mode.MAX : Mode.MIN,
    partitions: settings.partitions,
    replicationFactor: settings.replicationFactor,
    topKBound: settings.topKBound,
    retentionTime: toDuration(settings.retentionMs),
    visibilityTimeoutDefault: toDuration(settings.visibilityMs),
    maxRetriesDefault: settings.maxRetries,
    maxPayloadBytes: BigInt(settings.maxPayloadBytes),
    compressionEnabled: settings.compression,
    dlqPolicy: {
      enabled: settings.dlqEnabled,
      retentionTime: settings.dlqEnabled ? toDuration(settings.dlqRetentionMs) : undefined,
    },
    createdAt: new Date(info.createdMs),
    updatedAt: new Date(info.updatedMs),
    stats: info.counts === undefined ? undefined : writeTopicStats(info.counts),
  };
}

export function writeStats(result: Success<"stats">): StatsResp {
  const topicStats = new Map<string, HeapStats>();
  for (const [topic, counts] of result.topics) topicStats.set(topic, writeTopicStats(counts));
  return {
    globalStats: { ...writeCounts(result.global), partitionStats: new Map() },
    topicStats,
  };
}

function writeTopicStats(counts: TopicCounts): HeapStats {
  const partitionStats: HeapStats["partitionStats"] = new Map();
  for (const partition of counts.partitions) {
    partitionStats.set(partition.partitionId, {
      partitionId: partition.partitionId,
      messages: BigInt(partition.messages),
      inflight: BigInt(partition.inflight),
      leaderNode: partition.leaderNode,
      replicaNodes: [...partition.replicaNodes],
      isHealthy: partition.isHealthy,
    });
  }
  return { ...writeCounts(counts), partitionStats };
}

function writeCounts(counts: Counts): Omit<HeapStats, "partitionStats"> {
  return {
    totalMessages: BigInt(counts.totalMessages),
    inflightMessages: BigInt(counts.inflightMessages),
    dlqMessages: BigInt(counts.dlqMessages),
    totalEnqueues: BigInt(counts.totalEnqueues),
    totalPops: BigInt(counts.totalPops),
    totalAcks: BigInt(counts.totalAcks),
    totalNacks: BigInt(counts.totalNacks),
    totalRetries: BigInt(counts.totalRetries),
    totalTimeouts: BigInt(counts.totalTimeouts),
  };
}

/** Stops before the answer outgrows one gRPC message, and says that there is more. */
export function writePeek(
  topic: string,
  result: Success<"peek">,
  messageBytesMax: number,
): PeekResp {
  const items: PeekItem[] = [];
  let bytes = 0;
  for (const message of result.items) {
    bytes += message.payload.length + ITEM_OVERHEAD_BYTES;
    if (items.length > 0 && bytes > messageBytesMax) return { items, hasMore: true };
    items.push(writePeekItem(topic, message));
  }
  return { items, hasMore: result.hasMore };
}

function writePeekItem(topic: string, message: PeekedMessage): PeekItem {
  return {
    messageId: message.messageId,
    topic,
    partitionId: message.partitionId,
    payload: message.payload,
    priority: signedFrom(message.priorityHi, message.priorityLo),
    enqueuedTime: new Date(message.enqueuedMs),
    attempts: message.attempts,
    maxRetries: message.maxRetries,
    isLeased: message.isLeased,
    leaseDeadline:
      message.leaseDeadlineMs === undefined ? undefined : new Date(message.leaseDeadlineMs),
    inDlq: message.inDlq,
    ...writeProducer(message.producer),
  };
}

export function writePopItem(item: DeliveredItem): PopItem {
  return {
    messageId: item.messageId,
    topic: item.topic,
    partitionId: item.partitionId,
    payload: item.payload,
    priority: signedFrom(item.priorityHi, item.priorityLo),
    enqueuedTime: new Date(item.enqueuedMs),
    leaseToken: item.leaseToken,
    leaseDeadline: new Date(item.leaseDeadlineMs),
    attempts: item.attempts,
    maxRetries: item.maxRetries,
    ...writeProducer(item.producer),
  };
}

function writeProducer(
  producer: ProducerTriple | undefined,
): Pick<PopItem, "producerId" | "epoch" | "sequence"> {
  if (producer === undefined) return {};
  return {
    producerId: producer.producerId,
    epoch: unsignedFrom(producer.epochHi, producer.epochLo),
    sequence: unsignedFrom(producer.sequenceHi, producer.sequenceLo),
  };
}
