// What a client hears of an operation whose legs have all answered.

import type { ClusterMachine } from "../../cluster/cluster.js";
import type { TopicRecord } from "../../cluster/cluster-state.js";
import { MalformedInput, Reader } from "../../lib/bytes.js";
import type { MessageRef } from "../../lib/lease-name.js";
import { encodeMessageId } from "../../lib/ulid.js";
import type { ClientResult, Failure } from "../../contract/api.js";
import type { HostContext } from "../../member/context.js";
import { listResult, mergePeek, mergeStats, type LegReply } from "./merge-reads.js";
import { peekLimit, type Operation } from "./operation.js";
import { invalid } from "./validate.js";

export function resultOf(
  { request, replies, page }: Operation,
  cluster: ClusterMachine | undefined,
  context: HostContext,
): ClientResult {
  if (!request) return { ok: true, op: "ack" };
  const names = (member: number): string => context.memberName(member);
  switch (request.op) {
    case "enqueue":
      return enqueueResult(replies[0]);
    case "ack":
    case "nack":
    case "release":
    case "extend":
      return { ok: true, op: request.op };
    case "peek": {
      const mode = cluster?.topics.get(request.topic)?.settings.mode ?? "MIN";
      return mergePeek(replies, peekLimit(request.limit, context.nodeLimits), mode);
    }
    case "stats":
      return mergeStats(replies, request, stillThere(page.records, cluster), names);
    case "topic.list":
      return listResult(replies, { ...page, records: stillThere(page.records, cluster) }, names);
    case "topic.create":
    case "topic.delete":
      return { ok: false, failure: invalid(`${request.op} has no result at this stage`) };
  }
}

/** Of the topics that were asked, those that were not deleted meanwhile. */
function stillThere(
  records: readonly TopicRecord[],
  cluster: ClusterMachine | undefined,
): readonly TopicRecord[] {
  return records.filter((r) => cluster?.topics.get(r.topic) === r && !r.isDeleting);
}

export const UNREADABLE_ANSWER: Failure = {
  code: "INTERNAL",
  message:
    "another node answered with bytes that this one cannot read; what was asked may have been done, and all " +
    "nodes should run the same version",
};

export const UNREADABLE: ClientResult = { ok: false, failure: UNREADABLE_ANSWER };

/** What a peer says can be anything (D-89): undefined for what cannot be read. */
export function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedInput) return undefined;
    throw error;
  }
}

/** Of a topic that was created: the heap id that the meta group gave it. */
export function heapIdOf(reply: LegReply | undefined): string | undefined {
  return reply ? readable(() => new Reader(reply.body).text()) : "";
}

/** Where a message was put, and when; what came before keeps its place. */
export interface Enqueued extends MessageRef {
  readonly stampMs: number;
  readonly isDuplicate: boolean;
}

/** What a partition's leader says of an enqueue. Throws MalformedInput. */
function readEnqueued(body: Uint8Array): Enqueued {
  const r = new Reader(body);
  return { index: r.u48(), offset: r.u16(), stampMs: r.u48(), isDuplicate: r.u8() === 1 };
}

function enqueueResult({ body, place }: LegReply): ClientResult {
  const { index, offset, stampMs, isDuplicate } = readEnqueued(body);
  const messageId = encodeMessageId(stampMs, place.group, index, offset);
  return {
    ok: true,
    op: "enqueue",
    messageId,
    duplicate: isDuplicate,
    partitionId: place.partition,
  };
}
