// MakeHeap and DeleteHeap (contract, sections 3 and 14).

import type { ClientRequest, TopicSettingsInput } from "../api.js";
import { anyText, TOPIC } from "./ids.js";
import { type FieldsOf, group } from "./rule.js";
import { DAY_MS, DELAY_MAX_MS, UINT32_MAX, VISIBILITY_MAX_MS, VISIBILITY_MIN_MS } from "./units.js";

const AT_ZERO = "leave it at 0 for the default";
const LEFT_OUT = "leave it out for the default";

export const PARTITIONS_MAX = 1000;
export const REPLICATION_FACTOR_MAX = 7;

export const TOPIC_SETTINGS = group({
  mode: {
    kind: "choice",
    name: "mode",
    among: ["MIN", "MAX"],
    says: "MIN (0) or MAX (1)",
    default: "MIN",
  },
  partitions: {
    kind: "whole",
    name: "partitions",
    unit: "",
    min: 1,
    max: "partitionsPerTopicMax",
    isZeroAbsent: true,
    absent: { default: 1 },
    advice: AT_ZERO,
  },
  replicationFactor: {
    kind: "whole",
    name: "replication_factor",
    unit: "",
    min: 1,
    max: REPLICATION_FACTOR_MAX,
    isZeroAbsent: true,
    absent: { default: "replicationFactor" },
    advice: AT_ZERO,
  },
  topKBound: {
    kind: "whole",
    name: "top_k_bound",
    unit: "",
    min: 1,
    max: 10_000,
    isZeroAbsent: true,
    absent: { default: 100 },
    advice: AT_ZERO,
  },
  retentionMs: {
    kind: "whole",
    name: "retention_time",
    unit: "ms",
    min: 1,
    max: DELAY_MAX_MS,
    absent: { default: DAY_MS },
    advice: LEFT_OUT,
  },
  visibilityMs: {
    kind: "whole",
    name: "visibility_timeout_default",
    unit: "ms",
    min: 1,
    max: VISIBILITY_MAX_MS,
    raisedTo: VISIBILITY_MIN_MS,
    absent: { default: "visibilityMs" },
    advice: LEFT_OUT,
  },
  maxRetries: {
    kind: "whole",
    name: "max_retries_default",
    unit: "",
    min: 0,
    max: UINT32_MAX,
    absent: { default: 3 },
    note: "In MakeHeap the wire cannot tell 0 from nothing: 0 means the default.",
  },
  maxPayloadBytes: {
    kind: "whole",
    name: "max_payload_bytes",
    unit: "bytes",
    min: 1,
    max: 256 << 20,
    isZeroAbsent: true,
    absent: { default: 1 << 20 },
    advice: AT_ZERO,
    note: "The largest message of the node bounds a payload too.",
  },
  compression: { kind: "flag", name: "compression_enabled", default: false },
  dlqEnabled: {
    kind: "flag",
    name: "dlq_policy.enabled",
    default: true,
    note: "A policy that is there and names nothing says false.",
  },
  dlqRetentionMs: {
    kind: "whole",
    name: "dlq_policy.retention_time",
    unit: "ms",
    min: 1,
    max: 2 ** 47,
    absent: { default: 7 * DAY_MS },
    advice: LEFT_OUT,
  },
} as const satisfies FieldsOf<TopicSettingsInput>);

type Create = Extract<ClientRequest, { op: "topic.create" }>;
export const CREATE = group({
  topic: TOPIC,
  settings: TOPIC_SETTINGS,
} satisfies FieldsOf<Create>);

type Delete = Extract<ClientRequest, { op: "topic.delete" }>;
export const DELETE = group({
  topic: TOPIC,
  force: { kind: "flag", name: "force", default: false },
  confirmationToken: anyText("confirmation_token", "none"),
  ifHeapId: anyText("disheap-if-heap-id (metadata)", "whatever topic has the name"),
} as const satisfies FieldsOf<Delete>);
