// Enqueue (contract, sections 4 and 12).

import type { ClientRequest, ProducerTripleInput } from "../api.js";
import { anyText, TOPIC } from "./ids.js";
import { type FieldsOf, group, type HalfRule } from "./rule.js";
import { DELAY_MAX_MS, UINT32_MAX } from "./units.js";

function half(name: string, isHigh: boolean, isSigned = false): HalfRule {
  return { kind: "half", name, isHigh, isSigned };
}

/** Only all three make an enqueue idempotent; less than that is accepted and does nothing. */
const PRODUCER = group({
  producerId: {
    kind: "text",
    name: "producer_id",
    form: /^[^]{0,255}$/,
    says: "it must have at most 255 characters",
    absent: { means: "no identity: a repeat is another message" },
  },
  epochHi: { ...half("epoch", true), isOptional: true, isZeroRefused: true },
  epochLo: { ...half("epoch", false), isOptional: true, isZeroRefused: true },
  sequenceHi: { ...half("sequence", true), isOptional: true },
  sequenceLo: { ...half("sequence", false), isOptional: true },
} as const satisfies FieldsOf<ProducerTripleInput>);

type Enqueue = Extract<ClientRequest, { op: "enqueue" }>;
export const ENQUEUE = group({
  topic: TOPIC,
  payload: {
    kind: "bytes",
    name: "payload",
    max: "payloadBytesMax",
    advice: "split it, or store it elsewhere and send a reference",
    note: "The topic's max_payload_bytes bounds it too.",
  },
  priorityHi: half("priority", true, true),
  priorityLo: half("priority", false, true),
  partitionKey: anyText("partition_key", "the producer's block of sequences, or in turn"),
  producer: PRODUCER,
  maxRetries: {
    kind: "whole",
    name: "max_retries",
    unit: "",
    min: 0,
    max: UINT32_MAX,
    absent: { means: "the topic's" },
  },
  delayMs: {
    kind: "whole",
    name: "not_before",
    unit: "ms",
    min: 0,
    max: DELAY_MAX_MS,
    absent: { default: 0 },
    advice: "it counts from now",
  },
} as const satisfies FieldsOf<Enqueue>);
