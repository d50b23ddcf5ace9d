// One client request at the edge while it is under way, and the small decisions about it that need no
// state of the host.

import type { PartitionPlace, TopicRecord } from "../../cluster/cluster-state.js";
import { decodeMessageId } from "../../lib/ulid.js";
import type { Intent, TopicIdentity } from "../../wire/intents.js";
import type { ClientRequest, Failure } from "../../contract/api.js";
import { taken } from "../../contract/limits/judge.js";
import { PEEK } from "../../contract/limits/reads.js";
import type { NodeLimits } from "../../contract/limits/rule.js";
import { decodeLeaseToken } from "../lease-token.js";
import type { ListPage } from "./list-page.js";
import type { LegReply } from "./merge-reads.js";
import type { RequestEnd } from "./requests.js";

/** One partition that an operation asks. */
export interface Leg {
  readonly topic: string;
  readonly place: PartitionPlace;
}

export interface Operation {
  readonly id: number;
  /** Undefined: no client waits (releases, stream closes, deletions that are driven from here). */
  readonly requestId: number | undefined;
  /** Without its payload once that stands in an intent. */
  request: ClientRequest | undefined;
  /** What it takes of the budget for requests until its client has an answer. */
  readonly bytes: number;
  /** Who waits for the meta table to be current; told why when it could not be asked. */
  readonly whenCurrent: ((failure: Failure | undefined) => void) | undefined;
  readonly deadlineMs: number;
  /** Runs when work of the node itself is done, or was given up. */
  readonly ended: (() => void) | undefined;
  /** The meta table was confirmed current after the request came. */
  isFresh: boolean;
  stage: "run" | "barrier" | "create" | "deleting" | "closing" | "deleted" | "background";
  /** The very topic that a deletion is about, whatever has its name by now. */
  deletes?: TopicRecord;
  /** The topics that a read of several asks for. */
  page: ListPage;
  legs: readonly Leg[];
  waiting: number;
  replies: LegReply[];
}

/** What an operation of the node itself begins with, beside its work. */
export type OwnWork = Partial<Pick<Operation, "ended" | "whenCurrent" | "bytes">> & {
  readonly forMs?: number;
};

export const NO_PAGE: ListPage = { records: [], nextPageToken: "" };

export function identityOf(record: TopicRecord): TopicIdentity {
  return { topic: record.topic, firstGroup: record.partitions[0].group };
}

export function peekLimit(limit: number, node: NodeLimits): number {
  return taken(PEEK.fields.limit, limit, node);
}

export function noSuchPartition(partitionId: number, record: TopicRecord): Failure {
  const last = record.settings.partitions - 1;
  return {
    code: "NOT_FOUND",
    message: `partition ${partitionId} not found: topic "${record.topic}" has partitions 0 to ${last}`,
  };
}

type Settle = Extract<ClientRequest, { op: "ack" | "nack" | "release" | "extend" }>;

/** Where a settlement goes and what it asks, or undefined when the token is of another message. */
export function settleIntent(
  request: Settle,
  record: TopicRecord,
): { readonly place: PartitionPlace; readonly intent: Intent } | undefined {
  const token = decodeLeaseToken(request.leaseToken);
  const place = record.partitions.find((p) => p.group === token?.group);
  if (!token || !place) return undefined;
  if (request.op === "extend") {
    return { place, intent: { kind: "extend", token, extensionMs: request.extensionMs } };
  }
  const id = decodeMessageId(request.messageId);
  const isSame =
    id?.group === token.group && id.index === token.index && id.offset === token.offset;
  if (!isSame) return undefined;
  if (request.op === "ack" || request.op === "release") {
    return { place, intent: { kind: request.op, token } };
  }
  return { place, intent: { kind: "nack", token, backoffMs: request.backoffMs } };
}

/** Whom operations call back beside clients. */
export interface OperationHooks {
  /** Rows of a session's call have their answer. */
  batchEnded(call: number, leg: number, end: RequestEnd): void;
  /** Whether the local meta table names the group. */
  isKnown(group: number): boolean;
}
