// What becomes of an operation when one of its legs fails: which goes on without it, and how long that
// one is waited for.

import type { ErrorCode, Failure } from "../../contract/api.js";
import type { Operation } from "./operation.js";

/**
 * How long counters wait for a partition's leader before they go without it: beyond an election or so, and
 * short enough that a client which met a frozen node first still has them within 3 s.
 */
export const COUNTS_PATIENCE_MS = 1_500;

export const STILL_CLOSING: Failure = {
  code: "UNAVAILABLE",
  message:
    "the topic takes no work any more and is being deleted, but some of its partitions have not answered; the " +
    "deletion goes on by itself, and repeating it waits for its end",
};

export const LAGS_BEHIND: Failure = {
  code: "UNAVAILABLE",
  message: "this node lags behind the cluster; try again or ask another node",
};

export function goesOnWithout(
  { request, stage }: Operation,
  topic: string,
  code: ErrorCode,
): boolean {
  const isGone = code === "NOT_FOUND";
  // Closing or deleting what is gone already is done.
  if (stage === "deleting" || stage === "closing" || stage === "deleted") return isGone;
  if (stage !== "run") return false;
  // A read of several topics goes on without a partition that has no leader, and says so.
  if (request?.op === "topic.list") return isGone || code === "UNAVAILABLE";
  if (request?.op !== "stats") return false;
  return code === "UNAVAILABLE" || (isGone && request.topic !== topic);
}
