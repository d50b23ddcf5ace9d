// What the frames of a session number and count (docs/api/session.md). Their other fields are those of whole requests,
// under the same rules.

import { group, type WholeRule } from "./rule.js";
import { UINT32_MAX } from "./units.js";

export const CALL_ROWS_MAX = 4096;

const count = (name: string, min: number, max: number): WholeRule & { absent: "refused" } => ({
  kind: "whole",
  name,
  unit: "",
  min,
  max,
  absent: "refused",
});

export const SESSION = group({
  receiveBytesMax: {
    kind: "whole",
    name: "hello.receive_bytes_max",
    unit: "bytes",
    // A cut frame of deliveries, and answers beside it.
    min: 2 << 20,
    max: UINT32_MAX,
    isZeroAbsent: true,
    // What gRPC takes by default.
    absent: { default: 4 << 20 },
    advice: "frames of answers need that much",
  },
  level: {
    ...count("hello.level", 0, UINT32_MAX),
    isZeroAbsent: true,
    absent: { default: 1 },
    note: "The highest that the client speaks; welcome.level is what both go by.",
  },
  handle: {
    ...count("handle", 1, UINT32_MAX),
    advice: "count from 1, and bind each once",
    note: "Of a topic, a producer, a consumer.",
  },
  // Calls and deliveries are counted in doubles.
  call: {
    ...count("call", 1, Number.MAX_SAFE_INTEGER),
    note: "It rises from frame to frame, and is used once.",
  },
  rows: {
    ...count("rows of a call", 1, CALL_ROWS_MAX),
    advice: "divide the call",
    note: "All columns of a call have as many, or none where that is allowed.",
  },
  partition: {
    ...count("enqueue.partition", 0, UINT32_MAX),
    absent: { means: "the node chooses, row by row" },
    note: "Rows are refused where the topic has no such partition, and those with a producer or a key where they belong to another.",
  },
  credits: {
    ...count("credit.count", 0, UINT32_MAX),
    absent: { default: 0 },
    note: "They add up; credits and deliveries of a session are 16,384 at most (RESOURCE_EXHAUSTED).",
  },
  started: {
    ...count("started.count", 0, UINT32_MAX),
    absent: { default: 0 },
    note: "Deliveries that are not held are passed over.",
  },
  settleKind: {
    ...count("settle.kind", 0, 3),
    absent: { default: 0 },
    advice: "they stand for ACK, NACK, EXTEND and RELEASE",
  },
} as const);
