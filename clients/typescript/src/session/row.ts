// A request on its way through a session: one row of a call.
import type { EnqueueReq, EnqueueResp } from "@disheap/proto";
import type { DisheapError } from "../errors.js";

export interface EnqueueSpec {
  readonly kind: "enqueue";
  /** The call as its caller knows it, for messages. */
  readonly name: string;
  readonly topic: string;
  readonly request: EnqueueReq;
}

export interface SettleSpec {
  readonly kind: "ack" | "nack" | "extend" | "release";
  /** As above; made when somebody asks. */
  readonly name: string | (() => string);
  readonly topic: string;
  /** Empty for an extend, and where there is a number. */
  readonly messageId: string;
  readonly leaseToken: string;
  /** Its number in the session that delivered it, which takes the place of id and token. */
  readonly delivery?: number | undefined;
  /** Of a nack; undefined: the usual backoff. */
  readonly backoffMs?: number | undefined;
  readonly reason?: string | undefined;
  /** Of an extend. */
  readonly extensionMs?: number | undefined;
}

export interface Waiting {
  /** Monotonic. */
  readonly sinceMs: number;
  /** An enqueue gets its answer, a settle nothing. */
  readonly resolve: (answer: EnqueueResp | undefined) => void;
  readonly reject: (error: DisheapError) => void;
}

export type Row = (EnqueueSpec | SettleSpec) & Waiting;
export type EnqueueRow = EnqueueSpec & Waiting;
export type SettleRow = SettleSpec & Waiting;

/** What the numbers of a row, and the names and lengths of its texts, take in a frame at most. */
const numbersBytes = 64;

/** No row takes more room in a frame. A character has three bytes at most. */
export function frameBytesOf(row: Row): number {
  if (row.kind !== "enqueue") {
    const letters = row.messageId.length + row.leaseToken.length + (row.reason?.length ?? 0);
    return numbersBytes + 3 * letters;
  }
  const { payload, partitionKey } = row.request;
  return numbersBytes + payload.length + 3 * (partitionKey?.length ?? 0);
}

/** The answer to a row, or why there is none. */
export function sent(
  session: { add(row: Row): void },
  spec: EnqueueSpec | SettleSpec,
  sinceMs: number,
): Promise<EnqueueResp | DisheapError | undefined> {
  return new Promise((resolve) => {
    session.add(rowOf(spec, sinceMs, resolve));
  });
}

/** Field by field: there is one for each message, and copying a literal takes ten times as long. */
function rowOf(
  spec: EnqueueSpec | SettleSpec,
  sinceMs: number,
  resolve: (answer: EnqueueResp | DisheapError | undefined) => void,
): Row {
  if (spec.kind === "enqueue") {
    const { kind, name, topic, request } = spec;
    return { kind, name, topic, request, sinceMs, resolve, reject: resolve };
  }
  const { kind, name, topic, messageId, leaseToken } = spec;
  const { delivery, backoffMs, reason, extensionMs } = spec;
  return {
    kind,
    name,
    topic,
    messageId,
    leaseToken,
    delivery,
    backoffMs,
    reason,
    extensionMs,
    sinceMs,
    resolve,
    reject: resolve,
  };
}

export function nameOf({ name }: Row): string {
  return typeof name === "string" ? name : name();
}

/** What the window counts. */
export function windowBytesOf(row: Row): number {
  return row.kind === "enqueue" ? row.request.payload.length : 0;
}
