// The rows of a call as requests: what can be said of a call as a whole, and row by row what a unary request
// would say. One judge for both: edge/requests/validate.ts.

import {
  type EnqueueRows,
  hiAt,
  loAt,
  RETRIES_OF_TOPIC,
  SETTLE,
  type SettleRows,
  u32At,
  u64At,
} from "@disheap/proto/session";
import type { ClientRequest, Failure, ProducerTriple } from "../contract/api.js";
import type { NodeLimits } from "../contract/limits/rule.js";
import {
  backoffProblem,
  extensionProblem,
  invalid,
  sessionProblem,
} from "../edge/requests/validate.js";
import { tripleAt } from "../wire/batch-intents.js";
import type { Producer } from "./session.js";

/** With a whole triple or none. */
export type Enqueue = Extract<ClientRequest, { op: "enqueue" }> & {
  readonly producer?: ProducerTriple;
};
export type SettleOp = keyof typeof SETTLE;

export function rowCount(rows: EnqueueRows): number {
  return rows.priority.length / 8;
}

/** What is wrong with the columns of an enqueue, taken together. */
export function enqueueShapeProblem(rows: EnqueueRows, node: NodeLimits): Failure | undefined {
  const count = rowCount(rows);
  const { partition } = rows;
  const outside =
    sessionProblem("rows", count, node) ??
    (partition === undefined ? undefined : sessionProblem("partition", partition, node));
  if (outside) return outside;
  const wrong =
    columnProblem("length", rows.length.length / 4, count, false) ??
    columnProblem("max_retries", rows.maxRetries.length / 4, count, true) ??
    columnProblem("delay_ms", rows.delayMs.length / 8, count, true) ??
    columnProblem("partition_key", rows.partitionKey.length, count, true);
  if (wrong) return wrong;
  let bytes = 0;
  for (let row = 0; row < count; row += 1) bytes += u32At(rows.length, row);
  if (bytes !== rows.payload.length) {
    return invalid(`the lengths add up to ${bytes} bytes and payload has ${rows.payload.length}`);
  }
  if ((rows.producer === 0) !== (rows.firstSequence === undefined)) {
    return invalid("first_sequence goes with a producer, and a producer with first_sequence");
  }
  return rows.firstSequence === undefined ? undefined : sequenceProblem(rows.firstSequence, count);
}

function columnProblem(
  name: string,
  length: number,
  count: number,
  mayBeEmpty: boolean,
): Failure | undefined {
  if (length === count || (mayBeEmpty && length === 0)) return undefined;
  return invalid(`the column ${name} has ${length} rows and priority ${count}`);
}

function sequenceProblem(
  { hi, lo }: { hi: number; lo: number },
  count: number,
): Failure | undefined {
  if (hi !== 4294967295 || lo + count - 1 <= 4294967295) return undefined;
  return invalid("first_sequence and the rows after it go beyond 2^64; begin a new epoch");
}

/** The rows of an enqueue as requests; payloads are views into the frame. */
export class EnqueueRequests {
  private readonly rows: EnqueueRows;
  private readonly topic: string;
  private readonly producer: Producer | undefined;

  constructor(rows: EnqueueRows, topic: string, producer: Producer | undefined) {
    this.rows = rows;
    this.topic = topic;
    this.producer = producer;
  }

  /** `fromByte`: where its payload begins. */
  at(row: number, fromByte: number): Enqueue {
    const { rows } = this;
    const retries = rows.maxRetries.length === 0 ? RETRIES_OF_TOPIC : u32At(rows.maxRetries, row);
    const partitionKey = rows.partitionKey.at(row) ?? "";
    const producer = this.tripleOf(row);
    return {
      op: "enqueue",
      topic: this.topic,
      payload: rows.payload.subarray(fromByte, fromByte + u32At(rows.length, row)),
      priorityHi: hiAt(rows.priority, row) | 0,
      priorityLo: loAt(rows.priority, row),
      ...(partitionKey === "" ? {} : { partitionKey }),
      ...(producer ? { producer } : {}),
      ...(retries === RETRIES_OF_TOPIC ? {} : { maxRetries: retries }),
      ...(rows.delayMs.length === 0 ? {} : { delayMs: u64At(rows.delayMs, row) }),
    };
  }

  tripleOf(row: number): ProducerTriple | undefined {
    const { producer } = this;
    const first = this.rows.firstSequence;
    if (!producer || !first) return undefined;
    return tripleAt({ ...producer, sequenceHi: first.hi, sequenceLo: first.lo }, row);
  }
}

const SETTLE_OPS = Object.keys(SETTLE) as SettleOp[];

export function settleOpOf(kind: number): SettleOp | undefined {
  return SETTLE_OPS.find((op) => SETTLE[op] === kind);
}

/** What is wrong with a settle as a whole. */
export function settleShapeProblem(rows: SettleRows, node: NodeLimits): Failure | undefined {
  const unknown = sessionProblem("settleKind", rows.kind, node);
  if (unknown) return unknown;
  const op = settleOpOf(rows.kind);
  const numbers = rows.delivery.length / 8;
  const tokens = rows.leaseToken.length;
  if (numbers > 0 && tokens > 0)
    return invalid("the call settles by number and by token; make two calls of it");
  const ids = rows.messageId.length;
  if (tokens > 0 && ids !== tokens && !(op === "extend" && ids === 0)) {
    return invalid(`the column message_id has ${ids} rows and lease_token ${tokens}`);
  }
  const wrong =
    sessionProblem("rows", numbers + tokens, node) ?? backoffProblem(rows.backoffMs, node);
  return wrong ?? (op === "extend" ? extensionProblem(rows.extensionMs, node) : undefined);
}

/** A row that settles by token, as a unary request. */
export function settleRequest(
  rows: SettleRows,
  op: SettleOp,
  topic: string,
  row: number,
): Extract<ClientRequest, { op: SettleOp }> {
  const messageId = rows.messageId.at(row) ?? "";
  const leaseToken = rows.leaseToken.at(row) ?? "";
  const { backoffMs, extensionMs } = rows;
  if (op === "extend") return { op, topic, leaseToken, extensionMs };
  if (op !== "nack") return { op, topic, messageId, leaseToken };
  return { op, topic, messageId, leaseToken, ...(backoffMs === undefined ? {} : { backoffMs }) };
}
