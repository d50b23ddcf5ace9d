// What the leader tells apart in its queue: own work from requests, what makes messages ready, and whose bytes
// count where.

import type { Origin, QueuedIntent } from "../member/replica.js";
import type { Intent } from "../wire/intents.js";

/**
 * What nodes have to get rid of, by the kind of its intent: it makes room and nobody repeats it for them, so
 * clients' requests cannot keep it out. It has as much room again.
 */
export const OWN_WORK: ReadonlySet<Intent["kind"]> = new Set<Intent["kind"]>([
  "release.undelivered",
  "stream.close",
  "partition.close",
  "topic.deleted",
]);
export const QUEUE_FULL = {
  code: "RESOURCE_EXHAUSTED",
  message: "the partition has too many requests waiting; slow down and try again",
} as const;

/** It makes its message ready at once. A rejection without a time of its own waits for its backoff. */
export function isReturn(intent: Intent): boolean {
  switch (intent.kind) {
    case "release.undelivered":
    case "release":
      return true;
    case "nack":
      return intent.backoffMs === 0;
    case "settle.many":
      return intent.op === "release" || (intent.op === "nack" && intent.backoffMs === 0);
    default:
      return false;
  }
}

export function isRepeatable(origin: Origin): origin is Extract<Origin, { type: "request" }> {
  return origin.type === "request" && origin.isRepeatable === true;
}

/** What counts for the bytes of a queue: only requests are measured, so only they are taken off. */
export function requestBytes({ origin, intent }: QueuedIntent): number {
  return origin.type === "request" ? intent.length : 0;
}

/** What a request of another node's client holds here; the own clients' are counted at the edge. */
export function forwardedBytes({ origin, intent }: QueuedIntent, self: number): number {
  return origin.type === "request" && origin.edge !== self ? intent.length : 0;
}
