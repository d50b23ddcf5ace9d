// How rules name a lease, wherever they meet it: on an item, in a request that gives it back.

import { decodeIntent, MalformedInput, type Intent, type PeerMessage } from "@disheap/core";

export function leaseName(
  group: number,
  { index, offset }: { readonly index: number; readonly offset: number },
  fence: number,
): string {
  return `${group}.${index}.${offset}.${fence}`;
}

/** The lease that an edge gives back with this message, or undefined. */
export function releasedLease(message: PeerMessage): string | undefined {
  if (message.kind !== "request" || message.action.type !== "propose") return undefined;
  const intent = readable(message.action.intent);
  if (intent?.kind !== "release.undelivered") return undefined;
  return leaseName(message.group, intent, intent.fence);
}

/** What a node of another version asks may be no intent of this one. */
function readable(bytes: Uint8Array): Intent | undefined {
  try {
    return decodeIntent(bytes);
  } catch (error) {
    if (error instanceof MalformedInput) return undefined;
    throw error;
  }
}
