// JSON output: names in snake_case as everywhere in the HTTP interfaces, 64-bit integers as strings so
// that no reader rounds them, times in ISO 8601.
import type { Message, PeekedMessage, TopicInfo, TopicStats } from "@disheap/client";
import { payloadJson } from "./format.js";

/** `spaces` 0 gives one line, for outputs of one object per line. */
export function toJson(value: unknown, spaces = 2): string {
  const text = JSON.stringify(
    value,
    (_key, inner: unknown) => (typeof inner === "bigint" ? inner.toString() : inner),
    spaces,
  );
  return `${text}\n`;
}

export function statsJson(stats: TopicStats): Record<string, unknown> {
  return {
    total_messages: stats.messages,
    inflight_messages: stats.inflight,
    dlq_messages: stats.deadLetters,
    total_enqueues: stats.enqueues,
    total_pops: stats.pops,
    total_acks: stats.acks,
    total_nacks: stats.nacks,
    total_retries: stats.retries,
    total_timeouts: stats.timeouts,
    partitions: stats.partitions.map((partition) => ({
      partition_id: partition.partition,
      messages: partition.messages,
      inflight: partition.inflight,
      leader_node: partition.leader,
      replica_nodes: partition.replicas,
      is_healthy: partition.healthy,
    })),
  };
}

export function topicJson(topic: TopicInfo): Record<string, unknown> {
  return {
    topic: topic.topic,
    mode: topic.mode,
    partitions: topic.partitions,
    replication_factor: topic.replicationFactor,
    top_k_bound: topic.topKBound,
    retention_ms: topic.retentionMs,
    visibility_ms: topic.visibilityMs,
    max_retries: topic.maxRetries,
    max_payload_bytes: topic.maxPayloadBytes,
    compression_enabled: topic.compression,
    dlq_enabled: topic.deadLetters,
    dlq_retention_ms: topic.deadLetterRetentionMs,
    created_at: topic.createdAt?.toISOString(),
    updated_at: topic.updatedAt?.toISOString(),
    stats: statsJson(topic.stats),
  };
}

export function messageJson(message: Message): Record<string, unknown> {
  return {
    message_id: message.id,
    topic: message.topic,
    partition_id: message.partition,
    priority: message.priority,
    ...payloadJson(message.payload),
    attempts: message.attempts,
    max_retries: message.maxRetries,
    enqueued_at: message.enqueuedAt.toISOString(),
    lease_token: message.leaseToken,
    lease_deadline: message.leaseDeadline.toISOString(),
    fencing: message.fencing,
    producer_id: message.producerId,
    epoch: message.epoch,
    sequence: message.sequence,
  };
}

export function peekedJson(item: PeekedMessage): Record<string, unknown> {
  return {
    message_id: item.id,
    topic: item.topic,
    partition_id: item.partition,
    priority: item.priority,
    ...payloadJson(item.payload),
    attempts: item.attempts,
    max_retries: item.maxRetries,
    enqueued_at: item.enqueuedAt.toISOString(),
    is_leased: item.isLeased,
    lease_deadline: item.leaseDeadline?.toISOString(),
    in_dlq: item.isDeadLetter,
    producer_id: item.producerId,
    epoch: item.epoch,
    sequence: item.sequence,
  };
}
