// Reads the requests of the contract into what the engine is asked, and refuses what no state could
// make valid (contract sections 3, 4, 9, 11, 14), naming the field and what to send instead.

import type { ClientRequest, ProducerTriple, TopicSettingsInput } from "@disheap/core";
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
import { refuse } from "./errors.js";
import {
  DAY_MS,
  type DurationRange,
  HOUR_MS,
  durationMs,
  signedHalves,
  unsignedHalves,
} from "./scalars.js";

export interface RequestLimits {
  /** Largest gRPC message in either direction, in bytes. */
  readonly messageBytesMax: number;
  readonly partitionsPerTopicMax: number;
  /** Replication factor of topics that name none; undefined leaves it to the cluster. */
  readonly defaultRf: number | undefined;
}

/**
 * A delivered item carries more beside the payload than the request did (ids, lease token, times,
 * topic and producer again). Without this headroom a payload could go in and never come out.
 */
export const ITEM_OVERHEAD_BYTES = 2048;

const PAYLOAD_BYTES_MAX = 256 * 1024 * 1024;
const DLQ_RETENTION_DEFAULT_MS = 7 * DAY_MS;
const PRODUCER_ID_CHARS_MAX = 255;
const LIST_DEFAULT = 50;
const PEEK_DEFAULT = 10;
const PAGE_MAX = 1000;

const RETENTION: DurationRange = {
  allowZero: false,
  maxMs: 365 * DAY_MS,
  says: "above 0 and at most 365 days; leave it out for the default",
};
const DLQ_RETENTION: DurationRange = {
  allowZero: false,
  says: "above 0; leave it out for the default of 7 days",
};
const VISIBILITY: DurationRange = {
  allowZero: false,
  maxMs: 12 * HOUR_MS,
  says: "above 0 and at most 12 hours; leave it out for the default",
};
const DELAY: DurationRange = {
  allowZero: true,
  maxMs: 365 * DAY_MS,
  says: "from 0 to 365 days, counted from now",
};
const BACKOFF: DurationRange = {
  allowZero: true,
  maxMs: 365 * DAY_MS,
  says: "from 0 to 365 days; leave it out for the usual backoff",
};
const EXTENSION: DurationRange = {
  allowZero: false,
  maxMs: 12 * HOUR_MS,
  says: "above 0 and at most 12 hours",
};

export function readMakeHeap(req: MakeHeapReq, limits: RequestLimits): ClientRequest {
  if (!/^[a-zA-Z0-9_-]{1,255}$/.test(req.topic)) {
    refuse("topic", "must be 1 to 255 letters, digits, dashes or underscores.");
  }
  return { op: "topic.create", topic: req.topic, settings: readSettings(req, limits) };
}

/** Only what the client chose: the engine knows the defaults. */
function readSettings(req: MakeHeapReq, limits: RequestLimits): TopicSettingsInput {
  const mode = req.mode === Mode.MAX ? "MAX" : req.mode === Mode.MIN ? "MIN" : undefined;
  if (mode === undefined) refuse("mode", "must be MIN (0) or MAX (1).");
  within("partitions", req.partitions, limits.partitionsPerTopicMax);
  within("replication_factor", req.replicationFactor, 7);
  within("top_k_bound", req.topKBound, 10_000);
  if (req.maxPayloadBytes > BigInt(PAYLOAD_BYTES_MAX)) {
    refuse("max_payload_bytes", "must be at most 256 MiB; leave it at 0 for 1 MiB.");
  }
  const rf = req.replicationFactor === 0 ? limits.defaultRf : req.replicationFactor;
  return {
    mode,
    ...(req.partitions === 0 ? {} : { partitions: req.partitions }),
    ...(rf === undefined ? {} : { replicationFactor: rf }),
    ...(req.topKBound === 0 ? {} : { topKBound: req.topKBound }),
    ...(req.maxRetriesDefault === 0 ? {} : { maxRetries: req.maxRetriesDefault }),
    ...(req.maxPayloadBytes === 0n ? {} : { maxPayloadBytes: Number(req.maxPayloadBytes) }),
    compression: req.compressionEnabled,
    ...optionalMs("retention_time", "retentionMs", req.retentionTime, RETENTION),
    ...optionalMs(
      "visibility_timeout_default",
      "visibilityMs",
      req.visibilityTimeoutDefault,
      VISIBILITY,
    ),
    ...readDlqPolicy(req.dlqPolicy),
  };
}

function readDlqPolicy(policy: MakeHeapReq["dlqPolicy"]): TopicSettingsInput {
  if (policy === undefined) return {};
  const retention = policy.retentionTime;
  return {
    dlqEnabled: policy.enabled,
    dlqRetentionMs:
      retention === undefined
        ? DLQ_RETENTION_DEFAULT_MS
        : durationMs("dlq_policy.retention_time", retention, DLQ_RETENTION),
  };
}

/** `ifHeapId`: of the metadata, see `IF_HEAP_ID`. */
export function readDeleteHeap(req: DeleteHeapReq, ifHeapId?: string): ClientRequest {
  required("topic", req.topic);
  return {
    ...(ifHeapId === undefined ? {} : { ifHeapId }),
    op: "topic.delete",
    topic: req.topic,
    force: req.force,
    confirmationToken: req.confirmationToken,
  };
}

export function readListHeaps(req: ListHeapsReq): ClientRequest {
  const pageSize = req.pageSize === 0 ? LIST_DEFAULT : Math.min(req.pageSize, PAGE_MAX);
  return { op: "topic.list", pageSize, pageToken: req.pageToken };
}

export function readStats(req: StatsReq): ClientRequest {
  return {
    op: "stats",
    ...(req.topic === undefined ? {} : { topic: required("topic", req.topic) }),
    ...(req.partitionId === undefined ? {} : { partitionId: req.partitionId }),
  };
}

export function readEnqueue(req: EnqueueReq, limits: RequestLimits): ClientRequest {
  required("topic", req.topic);
  const payloadMax = limits.messageBytesMax - ITEM_OVERHEAD_BYTES;
  if (req.payload.length === 0) refuse("payload", "is empty; send at least one byte.");
  if (req.payload.length > payloadMax) {
    refuse(
      "payload",
      `has ${String(req.payload.length)} bytes, but a message carries at most ` +
        `${String(payloadMax)}; split it or store it elsewhere and send a reference.`,
    );
  }
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
    ...optionalMs("not_before", "delayMs", req.notBefore, DELAY),
  };
}

/** Only a full triple makes an enqueue idempotent; less than that is accepted and does nothing. */
function readProducer(req: EnqueueReq): ProducerTriple | undefined {
  const { producerId, epoch, sequence } = req;
  if (producerId !== undefined && producerId.length > PRODUCER_ID_CHARS_MAX) {
    refuse("producer_id", `must have at most ${String(PRODUCER_ID_CHARS_MAX)} characters.`);
  }
  if (epoch === 0n) refuse("epoch", "must be above 0; use the time at which the producer started.");
  if (producerId === undefined || producerId === "") return undefined;
  if (epoch === undefined || sequence === undefined) return undefined;
  const epochHalves = unsignedHalves(epoch);
  const sequenceHalves = unsignedHalves(sequence);
  return {
    producerId,
    epochHi: epochHalves.hi,
    epochLo: epochHalves.lo,
    sequenceHi: sequenceHalves.hi,
    sequenceLo: sequenceHalves.lo,
  };
}

export function readAck(req: AckReq): ClientRequest {
  return {
    op: "ack",
    topic: required("topic", req.topic),
    messageId: required("message_id", req.messageId),
    leaseToken: required("lease_token", req.leaseToken),
  };
}

export function readRelease(req: ReleaseReq): ClientRequest {
  return {
    op: "release",
    topic: required("topic", req.topic),
    messageId: required("message_id", req.messageId),
    leaseToken: required("lease_token", req.leaseToken),
  };
}

export function readNack(req: NackReq): ClientRequest {
  return {
    op: "nack",
    topic: required("topic", req.topic),
    messageId: required("message_id", req.messageId),
    leaseToken: required("lease_token", req.leaseToken),
    ...optionalMs("backoff_override", "backoffMs", req.backoffOverride, BACKOFF),
  };
}

export function readExtend(req: ExtendReq): ClientRequest {
  const topic = required("topic", req.topic);
  const leaseToken = required("lease_token", req.leaseToken);
  if (req.extension === undefined) refuse("extension", `is missing; it must be ${EXTENSION.says}.`);
  return {
    op: "extend",
    topic,
    leaseToken,
    extensionMs: durationMs("extension", req.extension, EXTENSION),
  };
}

export function readPeek(req: PeekReq): ClientRequest {
  const limit = req.limit ?? 0;
  return {
    op: "peek",
    topic: required("topic", req.topic),
    ...(req.partitionId === undefined ? {} : { partitionId: req.partitionId }),
    limit: limit === 0 ? PEEK_DEFAULT : Math.min(limit, PAGE_MAX),
    includeDlq: req.includeDlq,
  };
}

export function readFilter(filter: PopFilter): {
  topic: string;
  partitionIds: readonly number[];
  visibilityMs?: number;
} {
  return {
    topic: required("filter.topic", filter.topic),
    partitionIds: filter.partitionIds,
    ...optionalMs(
      "filter.visibility_timeout",
      "visibilityMs",
      filter.visibilityTimeout,
      VISIBILITY,
    ),
  };
}

function required(field: string, value: string): string {
  if (value === "") refuse(field, "is required and was empty.");
  return value;
}

/** 0 stands for the default. */
function within(field: string, value: number, max: number): void {
  if (value > max) {
    refuse(field, `must be from 1 to ${String(max)}; leave it at 0 for the default.`);
  }
}

function optionalMs<K extends string>(
  field: string,
  key: K,
  value: Parameters<typeof durationMs>[1] | undefined,
  range: DurationRange,
): { [P in K]?: number } {
  if (value === undefined) return {};
  return { [key]: durationMs(field, value, range) } as { [P in K]: number };
}
