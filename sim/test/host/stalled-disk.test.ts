// D-29: a leader whose disk stands still can serve nobody, so it must not keep the others from electing
// one that can. All rules watch.

import { expect, test } from "vitest";
import { createTopic, quietWorld } from "./quiet-world.js";

/** Group 1 has the voters 2, 3 and 1, and node 2 leads it first. */
const STALLED = 2;

test("seed-S13: a leader whose disk stalls falls silent and is replaced, and clients are served", () => {
  const q = quietWorld(3);
  q.advance(2_000);
  createTopic(q, "jobs", 1);
  q.advance(1_000);
  const isLeader = (node: number): boolean =>
    q.world.host(node)?.context.groups.get(1)?.raft.isLeader ?? false;
  expect(isLeader(STALLED)).toBe(true);
  q.world.node(STALLED).disk.stall(q.world.queue.nowUs + 60_000_000);
  const message = { topic: "jobs", payload: Uint8Array.of(1), priorityHi: 0, priorityLo: 1 };
  // What it has to write now stays in flight.
  q.hub.request(STALLED, { op: "enqueue", ...message }, () => undefined);
  q.advance(8_000);
  expect([1, 3].filter(isLeader)).toHaveLength(1);
  expect(q.ask(1, { op: "enqueue", ...message })).toMatchObject({ ok: true });
});
