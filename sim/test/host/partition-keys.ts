// Messages for one partition of the topic "jobs": a key that leads to it, and many at once.

import type { QuietWorld } from "./quiet-world.js";

/** A key whose messages go to the group; the partitions of "jobs" are the groups from 1 on. */
export function keyOf(q: QuietWorld, group: number, first = 1): string {
  for (let i = 0; i < 50; i += 1) {
    const partitionKey = `k${i}`;
    const message = { topic: "jobs", payload: Uint8Array.of(1), priorityHi: 0, priorityLo: 1 };
    const answer = q.ask(1, { op: "enqueue", ...message, partitionKey });
    if (answer?.ok && answer.op === "enqueue" && answer.partitionId === group - first) {
      return partitionKey;
    }
  }
  throw new Error(`no key leads to group ${group}`);
}

/** Enqueues without waiting for the answers. */
export function putInto(q: QuietWorld, partitionKey: string | undefined, count: number): void {
  for (let i = 0; i < count; i += 1) {
    const message = { topic: "jobs", payload: Uint8Array.of(i), priorityHi: 0, priorityLo: 1 };
    const key = partitionKey === undefined ? {} : { partitionKey };
    q.hub.request(1, { op: "enqueue", ...message, ...key }, () => undefined);
  }
}
