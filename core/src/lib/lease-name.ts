// What names a message inside its group, and a lease of it: one value each, which intents, messages, tokens and
// tables extend and do not spell out again. A message is named by its place in the log, (index, offset); each of
// its leases by the fence, which only grows (D-12, D-13).

import type { Fence, LogIndex, Offset } from "./brands.js";

/** A message: the index of the entry that made it, and which of the entry's it is. */
export interface MessageRef {
  readonly index: LogIndex;
  readonly offset: Offset;
}

export interface LeaseName extends MessageRef {
  readonly fence: Fence;
}

/** The oldest first. */
export function compareLeases(a: LeaseName, b: LeaseName): number {
  return a.index - b.index || a.offset - b.offset || a.fence - b.fence;
}

/** As the key of a map, and in texts: of one group, since two groups may have the same. */
export function leaseKey({ index, offset, fence }: LeaseName): string {
  return `${index}.${offset}.${fence}`;
}
