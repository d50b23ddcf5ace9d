// Validation of client requests (wire contract, sections 3, 4, 9, 11). Every refusal names the field,
// what was found and what to do; what is clamped shows in the answer.

import type {
  ClientRequest,
  Failure,
  TopicSettings,
  TopicSettingsInput,
} from "../../contract/api.js";
import {
  DAY_MS,
  DELAY_MAX_MS,
  TOPIC_PATTERN,
  VISIBILITY_MAX_MS,
  VISIBILITY_MIN_MS,
} from "../../contract/limits.js";
import type { HostConfig } from "../../member/config.js";
import { decodeLeaseToken } from "../lease-token.js";
import { decodeMessageId } from "../../lib/ulid.js";

export function invalid(message: string): Failure {
  return { code: "INVALID_ARGUMENT", message };
}

export function topicNameProblem(topic: string): Failure | undefined {
  if (TOPIC_PATTERN.test(topic)) return undefined;
  if (topic === "") return invalid("topic is empty; name the topic");
  return invalid(
    `topic "${topic.slice(0, 80)}" is not a valid name; use 1 to 255 letters, digits, "_" or "-"`,
  );
}

function outside(
  name: string,
  value: number,
  low: number,
  high: number,
  unit: string,
): Failure | undefined {
  if (Number.isInteger(value) && value >= low && value <= high) return undefined;
  return invalid(`${name} is ${value}; it must be from ${low} to ${high}${unit}`);
}

/** Fills in the defaults and checks the limits of section 3. */
export function resolveSettings(
  input: TopicSettingsInput,
  config: HostConfig,
): { readonly settings: TopicSettings } | { readonly failure: Failure } {
  const settings: TopicSettings = {
    mode: input.mode ?? "MIN",
    partitions: input.partitions ?? 1,
    replicationFactor: input.replicationFactor ?? Math.min(3, config.members.length),
    topKBound: input.topKBound ?? 100,
    retentionMs: input.retentionMs ?? DAY_MS,
    visibilityMs: input.visibilityMs ?? config.defaults.visibilityMs,
    maxRetries: input.maxRetries ?? 3,
    maxPayloadBytes: input.maxPayloadBytes ?? 1 << 20,
    compression: input.compression ?? false,
    dlqEnabled: input.dlqEnabled ?? true,
    dlqRetentionMs: input.dlqRetentionMs ?? 7 * DAY_MS,
  };
  const failure =
    outside("partitions", settings.partitions, 1, config.limits.partitionsPerTopicMax, "") ??
    outside("replication_factor", settings.replicationFactor, 1, 7, "") ??
    outside("top_k_bound", settings.topKBound, 1, 10_000, "") ??
    outside("retention_time", settings.retentionMs, 1, DELAY_MAX_MS, " ms") ??
    outside("visibility_timeout_default", settings.visibilityMs, 1, VISIBILITY_MAX_MS, " ms") ??
    outside("max_retries_default", settings.maxRetries, 0, 4294967295, "") ??
    outside("max_payload_bytes", settings.maxPayloadBytes, 1, 256 << 20, " bytes") ??
    outside("dlq_policy.retention_time", settings.dlqRetentionMs, 1, 2 ** 47, " ms");
  if (failure) return { failure };
  return { settings: { ...settings, visibilityMs: leaseMsOf(settings.visibilityMs) } };
}

/** The length of a lease that a client asked for (D-91). */
export function leaseMsOf(visibilityMs: number): number {
  return Math.max(VISIBILITY_MIN_MS, visibilityMs);
}

type Enqueue = Extract<ClientRequest, { op: "enqueue" }>;

/** What can be said of an enqueue without the topic. */
function enqueueProblem(request: Enqueue): Failure | undefined {
  const { payload, delayMs, maxRetries, producer } = request;
  if (payload.length === 0) return invalid("payload is empty; send at least one byte");
  if (delayMs !== undefined) {
    const failure = outside("not_before", delayMs, 0, DELAY_MAX_MS, " ms");
    if (failure) return failure;
  }
  if (maxRetries !== undefined) {
    const failure = outside("max_retries", maxRetries, 0, 4294967295, "");
    if (failure) return failure;
  }
  if (!producer) return undefined;
  if (producer.producerId.length > 255) {
    return invalid("producer_id has more than 255 characters; shorten it");
  }
  if (producer.epochHi === 0 && producer.epochLo === 0) {
    return invalid(
      "epoch is 0; use a positive number, for example the producer's start in unix seconds",
    );
  }
  return undefined;
}

export function payloadProblem(
  bytes: number,
  settings: TopicSettings,
  topic: string,
  messageBytesMax: number,
): Failure | undefined {
  if (bytes > messageBytesMax) {
    return invalid(
      `payload has ${bytes} bytes, this node takes messages of at most ${messageBytesMax}; send less, or ` +
        "raise ENGINE_MAX_MESSAGE_SIZE on every node",
    );
  }
  if (bytes <= settings.maxPayloadBytes) return undefined;
  return invalid(
    `payload has ${bytes} bytes, topic "${topic}" takes at most ${settings.maxPayloadBytes}; ` +
      "send less, or make a topic with a larger max_payload_bytes",
  );
}

function settleProblem(messageId: string, leaseToken: string): Failure | undefined {
  if (messageId === "") return invalid("message_id is empty; send the id of the delivered message");
  if (leaseToken === "") return invalid("lease_token is empty; send the token of the delivery");
  if (!decodeMessageId(messageId)) {
    return invalid("message_id is malformed; it is the 26-character id that came with the message");
  }
  return tokenProblem(leaseToken);
}

function tokenProblem(leaseToken: string): Failure | undefined {
  if (leaseToken === "") return invalid("lease_token is empty; send the token of the delivery");
  if (decodeLeaseToken(leaseToken)) return undefined;
  return invalid("lease_token is malformed; send the 43 characters that came with the delivery");
}

export function backoffProblem(backoffMs: number | undefined): Failure | undefined {
  if (backoffMs === undefined) return undefined;
  return outside("backoff_override", backoffMs, 0, DELAY_MAX_MS, " ms");
}

export function extensionProblem(extensionMs: number): Failure | undefined {
  return outside("extension", extensionMs, 1, VISIBILITY_MAX_MS, " ms");
}

/** What can be said of a request without any state. */
export function statelessProblem(request: ClientRequest): Failure | undefined {
  switch (request.op) {
    case "topic.create":
    case "topic.delete":
    case "peek":
      return topicNameProblem(request.topic);
    case "topic.list":
      return undefined;
    case "stats":
      return request.topic === undefined ? undefined : topicNameProblem(request.topic);
    case "enqueue":
      return topicNameProblem(request.topic) ?? enqueueProblem(request);
    case "ack":
    case "release":
      return (
        topicNameProblem(request.topic) ?? settleProblem(request.messageId, request.leaseToken)
      );
    case "nack":
      return (
        topicNameProblem(request.topic) ??
        settleProblem(request.messageId, request.leaseToken) ??
        backoffProblem(request.backoffMs)
      );
    case "extend":
      return (
        topicNameProblem(request.topic) ??
        tokenProblem(request.leaseToken) ??
        extensionProblem(request.extensionMs)
      );
  }
}
