// Destructive operations need force or a confirmation token (wire contract, section 14). The refusal
// carries a token bound to the operation and to this very topic, good for 5 minutes on every node; it is
// used up with the topic it names.

import type { TopicRecord } from "../../cluster/cluster-state.js";
import { utf8Encode } from "../../lib/bytes.js";
import { hashBytes } from "../../lib/hash.js";
import type { ClientRequest, Failure } from "../../contract/api.js";
import type { HostContext } from "../../member/context.js";

const VALID_MS = 5 * 60_000;

function tokenText(
  operation: string,
  record: TopicRecord,
  untilMs: number,
  context: HostContext,
): string {
  const group = record.partitions[0].group;
  const about = utf8Encode(
    `${operation}:${record.heapId}:${group}:${untilMs}:${context.cluster.text}`,
  );
  const hex = (seed: number): string => hashBytes(seed, about).toString(16).padStart(8, "0");
  return `${untilMs.toString(36)}.${hex(0x636f6e66)}${hex(0x69726d21)}`;
}

type Deletion = Extract<ClientRequest, { op: "topic.delete" }>;

/** Why a topic may not be deleted, or undefined. */
export function deletionProblem(
  request: Deletion,
  record: TopicRecord | undefined,
  context: HostContext,
): Failure | undefined {
  const { topic, ifHeapId } = request;
  if (!record) return { code: "NOT_FOUND", message: `topic "${topic}" not found` };
  if (ifHeapId !== undefined && ifHeapId !== record.heapId) {
    const message =
      `topic "${topic}" with the heap id ${ifHeapId} not found: the topic that has its name now is another one ` +
      `(${record.heapId}), and was left alone`;
    return { code: "NOT_FOUND", message };
  }
  return confirmationProblem("delete", record, request, context);
}

function confirmationProblem(
  operation: string,
  record: TopicRecord,
  request: { readonly force: boolean; readonly confirmationToken: string },
  context: HostContext,
): Failure | undefined {
  if (request.force) return undefined;
  const given = request.confirmationToken;
  const untilMs = Number.parseInt(given.split(".")[0], 36);
  const isValid =
    Number.isSafeInteger(untilMs) &&
    untilMs >= context.wallMs &&
    untilMs <= context.wallMs + 2 * VALID_MS &&
    given === tokenText(operation, record, untilMs, context);
  if (isValid) return undefined;
  return {
    code: "FAILED_PRECONDITION",
    message:
      `${operation} of topic "${record.topic}" removes its messages for good: send force=true, or ` +
      "repeat it with the confirmation token of this answer within 5 minutes",
    confirmationToken: tokenText(operation, record, context.wallMs + VALID_MS, context),
  };
}
