// Reads the messages of the contract into what the engine is asked. What a request may hold is judged there
// (contract/limits in core); here only what cannot be read at all is refused.

import type { ClientRequest, ProducerTripleInput, TopicSettingsInput } from "@disheap/core";
import {
  type AckReq,
  type DeleteHeapReq,
  type EnqueueReq,
  type ExtendReq,
  type ListHeapsReq,
  type MakeHeapReq,
  Mode,
  type NackReq,
  type PeekReq,
  type PopFilter,
  type ReleaseReq,
  type StatsReq,
} from "@disheap/proto";
import { durationMs, signedHalves, unsignedHalves } from "./scalars.js";

export function readMakeHeap(req: MakeHeapReq): ClientRequest {
  return { op: "topic.create", topic: req.topic, settings: readSettings(req) };
}

/** Only what the client chose: the engine knows the defaults. */
function readSettings(req: MakeHeapReq): TopicSettingsInput {
  return {
    mode: modeText(req.mode),
    partitions: req.partitions,
    replicationFactor: req.replicationFactor,
    topKBound: req.topKBound,
    // This message cannot tell 0 from nothing.
    ...(req.maxRetriesDefault === 0 ? {} : { maxRetries: req.maxRetriesDefault }),
    maxPayloadBytes: Number(req.maxPayloadBytes),
    compression: req.compressionEnabled,
    ...optionalMs("retention_time", "retentionMs", req.retentionTime),
    ...optionalMs("visibility_timeout_default", "visibilityMs", req.visibilityTimeoutDefault),
    ...readDlqPolicy(req.dlqPolicy),
  };
}

function modeText(mode: Mode): string {
  if (mode === Mode.MIN) return "MIN";
  return mode === Mode.MAX ? "MAX" : String(mode);
}

function readDlqPolicy(policy: MakeHeapReq["dlqPolicy"]): TopicSettingsInput {
  if (policy === undefined) return {};
  return {
    dlqEnabled: policy.enabled,
    ...optionalMs("dlq_policy.retention_time", "dlqRetentionMs", policy.retentionTime),
  };
}

/** `ifHeapId`: of the metadata, see `IF_HEAP_ID`. */
export function readDeleteHeap(req: DeleteHeapReq, ifHeapId?: string): ClientRequest {
  return {
    ...(ifHeapId === undefined ? {} : { ifHeapId }),
    op: "topic.delete",
    topic: req.topic,
    force: req.force,
    confirmationToken: req.confirmationToken,
  };
}

export function readListHeaps(req: ListHeapsReq): ClientRequest {
  return { op: "topic.list", pageSize: req.pageSize, pageToken: req.pageToken };
}

export function readStats(req: StatsReq): ClientRequest {
  return {
    op: "stats",
    ...(req.topic === undefined ? {} : { topic: req.topic }),
    ...(req.partitionId === undefined ? {} : { partitionId: req.partitionId }),
  };
}

export function readEnqueue(req: EnqueueReq): ClientRequest {
  const priority = signedHalves(req.priority);
  const producer = readProducer(req);
  return {
    op: "enqueue",
    topic: req.topic,
    payload: req.payload,
    priorityHi: priority.hi,
    priorityLo: priority.lo,
    ...(req.partitionKey === undefined ? {} : { partitionKey: req.partitionKey }),
    ...(producer === undefined ? {} : { producer }),
    ...(req.maxRetries === undefined ? {} : { maxRetries: req.maxRetries }),
    ...optionalMs("not_before", "delayMs", req.notBefore),
  };
}

/** What there is of a triple. */
function readProducer({
  producerId,
  epoch,
  sequence,
}: EnqueueReq): ProducerTripleInput | undefined {
  if (producerId === undefined && epoch === undefined && sequence === undefined) return undefined;
  const epochHalves = epoch === undefined ? undefined : unsignedHalves(epoch);
  const sequenceHalves = sequence === undefined ? undefined : unsignedHalves(sequence);
  return {
    ...(producerId === undefined ? {} : { producerId }),
    ...(epochHalves && { epochHi: epochHalves.hi, epochLo: epochHalves.lo }),
    ...(sequenceHalves && { sequenceHi: sequenceHalves.hi, sequenceLo: sequenceHalves.lo }),
  };
}

export function readAck(req: AckReq): ClientRequest {
  return {
    op: "ack",
    topic: req.topic,
    messageId: req.messageId,
    leaseToken: req.leaseToken,
  };
}

export function readRelease(req: ReleaseReq): ClientRequest {
  return {
    op: "release",
    topic: req.topic,
    messageId: req.messageId,
    leaseToken: req.leaseToken,
  };
}

export function readNack(req: NackReq): ClientRequest {
  return {
    op: "nack",
    topic: req.topic,
    messageId: req.messageId,
    leaseToken: req.leaseToken,
    ...optionalMs("backoff_override", "backoffMs", req.backoffOverride),
  };
}

export function readExtend(req: ExtendReq): ClientRequest {
  return {
    op: "extend",
    topic: req.topic,
    leaseToken: req.leaseToken,
    extensionMs: req.extension === undefined ? 0 : durationMs("extension", req.extension),
  };
}

export function readPeek(req: PeekReq): ClientRequest {
  return {
    op: "peek",
    topic: req.topic,
    ...(req.partitionId === undefined ? {} : { partitionId: req.partitionId }),
    limit: req.limit ?? 0,
    includeDlq: req.includeDlq,
  };
}

export function readFilter(filter: PopFilter): {
  topic: string;
  partitionIds: readonly number[];
  visibilityMs?: number;
} {
  return {
    topic: filter.topic,
    partitionIds: filter.partitionIds,
    ...optionalMs("filter.visibility_timeout", "visibilityMs", filter.visibilityTimeout),
  };
}

function optionalMs<K extends string>(
  field: string,
  key: K,
  value: Parameters<typeof durationMs>[1] | undefined,
): { [P in K]?: number } {
  if (value === undefined) return {};
  return { [key]: durationMs(field, value) } as { [P in K]: number };
}
