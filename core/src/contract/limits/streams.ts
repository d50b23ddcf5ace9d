// PopStream (contract, section 9).

import type { ClientEvent } from "../api.js";
import { TOPIC } from "./ids.js";
import { type FieldsOf, group, type TextRule } from "./rule.js";
import { UINT32_MAX, VISIBILITY_MAX_MS, VISIBILITY_MIN_MS } from "./units.js";

const FILTER_TOPIC: TextRule = { ...TOPIC, name: "filter.topic" };

type Filter = Extract<ClientEvent, { kind: "stream.filter" }>;
export const FILTER = group({
  topic: FILTER_TOPIC,
  partitionIds: {
    kind: "list",
    name: "filter.partition_ids",
    min: 0,
    max: UINT32_MAX,
    means: "all partitions",
    note: "One that the topic does not have is INVALID_ARGUMENT.",
  },
  visibilityMs: {
    kind: "whole",
    name: "filter.visibility_timeout",
    unit: "ms",
    min: 1,
    max: VISIBILITY_MAX_MS,
    raisedTo: VISIBILITY_MIN_MS,
    absent: { means: "the topic's" },
    advice: "leave it out for the topic's",
  },
} as const satisfies FieldsOf<Filter>);

type Credits = Extract<ClientEvent, { kind: "stream.credits" }>;
export const CREDITS = group({
  credits: {
    kind: "whole",
    name: "flow_control.credits",
    unit: "",
    min: 0,
    max: UINT32_MAX,
    absent: { default: 0 },
    note: "They add up, and stop at the same number.",
  },
} as const satisfies FieldsOf<Credits>);
