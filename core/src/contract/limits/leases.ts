// Ack, Nack, Release, Extend (contract, section 11).

import type { ClientRequest } from "../api.js";
import { LEASE_TOKEN, MESSAGE_ID, TOPIC } from "./ids.js";
import { type FieldsOf, group } from "./rule.js";
import { DELAY_MAX_MS, VISIBILITY_MAX_MS } from "./units.js";

const DELIVERY = { topic: TOPIC, messageId: MESSAGE_ID, leaseToken: LEASE_TOKEN };

type Ack = Extract<ClientRequest, { op: "ack" }>;
export const ACK = group(DELIVERY satisfies FieldsOf<Ack>);

type Release = Extract<ClientRequest, { op: "release" }>;
export const RELEASE = group(DELIVERY satisfies FieldsOf<Release>);

type Nack = Extract<ClientRequest, { op: "nack" }>;
export const NACK = group({
  ...DELIVERY,
  backoffMs: {
    kind: "whole",
    name: "backoff_override",
    unit: "ms",
    min: 0,
    max: DELAY_MAX_MS,
    absent: { means: "the usual backoff" },
    advice: "leave it out for the usual backoff",
  },
} as const satisfies FieldsOf<Nack>);

type Extend = Extract<ClientRequest, { op: "extend" }>;
export const EXTEND = group({
  topic: TOPIC,
  leaseToken: LEASE_TOKEN,
  extensionMs: {
    kind: "whole",
    name: "extension",
    unit: "ms",
    min: 1,
    max: VISIBILITY_MAX_MS,
    absent: "refused",
  },
} as const satisfies FieldsOf<Extend>);
