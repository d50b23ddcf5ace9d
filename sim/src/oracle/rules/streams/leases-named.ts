// How rules name a lease, wherever they meet it: on an item, in a request that gives it back; and what else an edge
// asks of a partition on its own.

import {
  decodeIntent,
  leaseKey,
  MalformedInput,
  type Intent,
  type MessageRef,
  type PeerMessage,
} from "@disheap/core";

export function leaseName(group: number, { index, offset }: MessageRef, fence: number): string {
  return `${group}.${leaseKey({ index, offset, fence })}`;
}

/** The lease that an edge gives back with this message, or undefined. */
export function releasedLease(message: PeerMessage): string | undefined {
  if (message.kind !== "request") return undefined;
  const intent = intentOf(message);
  if (intent?.kind !== "release.undelivered") return undefined;
  return leaseName(message.group, intent, intent.fence);
}

/** The stream that an edge closes with this message, or undefined. */
export function closedStream(
  message: PeerMessage,
): Extract<Intent, { kind: "stream.close" }> | undefined {
  if (message.kind !== "request") return undefined;
  const intent = intentOf(message);
  return intent?.kind === "stream.close" ? intent : undefined;
}

/** What a node of another version asks may be no intent of this one. */
function intentOf({ action }: Extract<PeerMessage, { kind: "request" }>): Intent | undefined {
  if (action.type !== "propose") return undefined;
  try {
    return decodeIntent(action.intent);
  } catch (error) {
    if (error instanceof MalformedInput) return undefined;
    throw error;
  }
}
