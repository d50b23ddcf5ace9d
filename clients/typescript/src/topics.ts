// Topics as a caller sees them: how one is configured, what it counts.
import { type HeapInfo, type HeapStats, Mode } from "@disheap/proto";
import { toMs } from "./convert.js";

/** Which priority is served first: the smallest or the largest. */
export type TopicMode = "min" | "max";

/** What is left out takes the node's default. */
export interface TopicOptions {
  mode?: TopicMode | undefined;
  partitions?: number | undefined;
  replicationFactor?: number | undefined;
  /** Stored and shown, without effect in this version. */
  topKBound?: number | undefined;
  /** Stored and shown, without effect in this version. */
  retentionMs?: number | undefined;
  visibilityMs?: number | undefined;
  maxRetries?: number | undefined;
  maxPayloadBytes?: number | undefined;
  /** Stored and shown, without effect in this version. */
  compression?: boolean | undefined;
  /** false turns the dead letter queue off. */
  deadLetters?: boolean | { retentionMs: number } | undefined;
}

export interface TopicStats {
  /** Ready, delayed and leased messages. */
  messages: number;
  inflight: number;
  deadLetters: number;
  enqueues: number;
  pops: number;
  acks: number;
  nacks: number;
  retries: number;
  timeouts: number;
  partitions: PartitionInfo[];
}

export interface PartitionInfo {
  partition: number;
  messages: number;
  inflight: number;
  leader: string;
  replicas: string[];
  healthy: boolean;
}

export interface TopicInfo {
  topic: string;
  mode: TopicMode;
  partitions: number;
  replicationFactor: number;
  topKBound: number;
  retentionMs: number;
  visibilityMs: number;
  maxRetries: number;
  maxPayloadBytes: number;
  compression: boolean;
  deadLetters: boolean;
  deadLetterRetentionMs: number;
  createdAt: Date | undefined;
  updatedAt: Date | undefined;
  stats: TopicStats;
}

export function fromHeapInfo(info: HeapInfo): TopicInfo {
  return {
    topic: info.topic,
    mode: info.mode === Mode.MAX ? "max" : "min",
    partitions: info.partitions,
    replicationFactor: info.replicationFactor,
    topKBound: info.topKBound,
    retentionMs: toMs(info.retentionTime),
    visibilityMs: toMs(info.visibilityTimeoutDefault),
    maxRetries: info.maxRetriesDefault,
    maxPayloadBytes: Number(info.maxPayloadBytes),
    compression: info.compressionEnabled,
    deadLetters: info.dlqPolicy?.enabled ?? false,
    deadLetterRetentionMs: toMs(info.dlqPolicy?.retentionTime),
    createdAt: info.createdAt,
    updatedAt: info.updatedAt,
    stats: fromHeapStats(info.stats),
  };
}

export function fromHeapStats(stats: HeapStats | undefined): TopicStats {
  const partitions = [...(stats?.partitionStats.values() ?? [])].map((partition) => ({
    partition: partition.partitionId,
    messages: Number(partition.messages),
    inflight: Number(partition.inflight),
    leader: partition.leaderNode,
    replicas: partition.replicaNodes,
    healthy: partition.isHealthy,
  }));
  return {
    messages: Number(stats?.totalMessages ?? 0n),
    inflight: Number(stats?.inflightMessages ?? 0n),
    deadLetters: Number(stats?.dlqMessages ?? 0n),
    enqueues: Number(stats?.totalEnqueues ?? 0n),
    pops: Number(stats?.totalPops ?? 0n),
    acks: Number(stats?.totalAcks ?? 0n),
    nacks: Number(stats?.totalNacks ?? 0n),
    retries: Number(stats?.totalRetries ?? 0n),
    timeouts: Number(stats?.totalTimeouts ?? 0n),
    partitions: partitions.sort((a, b) => a.partition - b.partition),
  };
}
