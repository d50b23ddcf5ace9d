// rev-B11: a leader has no room for more requests while consumers go away. What was granted to them and never
// written goes back all the same: nobody repeats it for them, and each lease would wait out its time and
// cost its message an attempt.

import { encodeIntent, type LimitsConfig, type Replica } from "@disheap/core";
import { expect, test } from "vitest";
import { createTopic, quietWorld, type QuietWorld } from "./quiet-world.js";
import { LOST, onMessage } from "./wire.js";

const MESSAGES = 20;
/** More than a leader lets wait of its own work and clients' together. */
const ROWS = 2 ** 17 + 2 ** 14;

/** A consumer that was granted all messages and has read none. */
function granted(limits: Partial<LimitsConfig>): {
  q: QuietWorld;
  replica: Replica;
  leave: () => void;
  counts: () => { ready: number; leased: number };
} {
  const q = quietWorld(3, { limits });
  q.advance(2_000);
  createTopic(q, "jobs", 1);
  q.advance(500);
  const replicas = [1, 2, 3].map((node) => q.world.host(node)?.context.groups.get(1));
  const replica = replicas.find((s) => s?.isServing === true);
  if (replica?.machine.kind !== "partition") throw new Error("the partition must have a leader");
  const { partition } = replica.machine;
  const edge = ((replicas.indexOf(replica) + 1) % 3) + 1;
  for (let i = 0; i < MESSAGES; i += 1) {
    const payload = Uint8Array.of(i);
    q.ask(edge, { op: "enqueue", topic: "jobs", payload, priorityHi: 0, priorityLo: 1 });
  }
  const streamId = q.hub.openStream(edge, { onItem: () => undefined, onEnd: () => undefined });
  q.hub.stopReading(streamId, 0);
  const filter = { kind: "stream.filter", streamId, topic: "jobs", partitionIds: [] } as const;
  q.hub.sendOnStream(streamId, filter);
  q.hub.sendOnStream(streamId, { kind: "stream.credits", streamId, credits: MESSAGES });
  q.advance(500);
  const counts = (): { ready: number; leased: number } => ({
    ready: partition.ready.size,
    leased: partition.counts.inflightMessages,
  });
  expect(counts()).toEqual({ ready: 0, leased: MESSAGES });
  const leave = (): void => q.hub.sendOnStream(streamId, { kind: "stream.cancel", streamId });
  return { q, replica, leave, counts };
}

test("releases get through while clients' requests fill the queue", () => {
  const { q, replica, leave, counts } = granted({});
  // As under load: what waits for the leader stands at the limit of its bytes, be it none at all.
  const limits = q.world.host(replica.raft.self)?.context.config.limits;
  Object.assign(limits ?? {}, { queueBytesMax: 0 });
  const payload = Uint8Array.of(1);
  const enqueue = { op: "enqueue", topic: "jobs", payload, priorityHi: 0, priorityLo: 1 } as const;
  expect(q.ask(1, enqueue)).toMatchObject({ ok: false, failure: { code: "RESOURCE_EXHAUSTED" } });
  leave();
  q.advance(1_000);
  expect(counts()).toEqual({ ready: MESSAGES, leased: 0 });
});

test("releases that find no room at all are sent again until there is some", () => {
  // Nothing is committed for a moment, and entries are small, so that the queue stays as long as it is.
  const { q, replica, leave, counts } = granted({ entryIntentsMax: 1 });
  const tick = { intent: encodeIntent({ kind: "tick" }), isEnqueue: false, rows: 1, leases: 0 };
  let isCut = true;
  onMessage(q, "append", () => (isCut ? LOST : undefined));
  for (let i = 0; i < ROWS; i += 1) replica.queue.push({ ...tick, origin: { type: "none" } });
  leave();
  q.advance(100);
  expect(replica.queue.length).toBeGreaterThan(2 ** 17);
  expect(counts().leased).toBe(MESSAGES);
  isCut = false;
  replica.queue = [];
  q.advance(8_000);
  expect(counts()).toEqual({ ready: MESSAGES, leased: 0 });
});
