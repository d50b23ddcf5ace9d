// ListHeaps, Stats, Peek (contract, section 14).

import type { ClientRequest } from "../api.js";
import { PAGE_TOKEN, TOPIC } from "./ids.js";
import { type FieldsOf, group, type TextRule, type WholeRule } from "./rule.js";
import { PAGE_MAX, UINT32_MAX } from "./units.js";

const PARTITION: WholeRule = {
  kind: "whole",
  name: "partition_id",
  unit: "",
  min: 0,
  max: UINT32_MAX,
  absent: { means: "all partitions" },
  note: "One that the topic does not have is NOT_FOUND.",
};

type List = Extract<ClientRequest, { op: "topic.list" }>;
export const LIST = group({
  pageSize: {
    kind: "whole",
    name: "page_size",
    unit: "",
    min: 1,
    max: UINT32_MAX,
    isZeroAbsent: true,
    cutTo: PAGE_MAX,
    absent: { default: 50 },
  },
  pageToken: PAGE_TOKEN,
} as const satisfies FieldsOf<List>);

type Stats = Extract<ClientRequest, { op: "stats" }>;
const STATS_TOPIC: TextRule = { ...TOPIC, absent: { means: "all topics" }, isEmptyRefused: true };
export const STATS = group({
  topic: STATS_TOPIC,
  partitionId: PARTITION,
} as const satisfies FieldsOf<Stats>);

type Peek = Extract<ClientRequest, { op: "peek" }>;
export const PEEK = group({
  topic: TOPIC,
  partitionId: PARTITION,
  limit: {
    kind: "whole",
    name: "limit",
    unit: "",
    min: 1,
    max: UINT32_MAX,
    isZeroAbsent: true,
    cutTo: PAGE_MAX,
    absent: { default: 10 },
  },
  includeDlq: { kind: "flag", name: "include_dlq", default: false },
} as const satisfies FieldsOf<Peek>);
