// rev-C1: the groups of deleted topics are left alone by whatever still holds them: writes and reads under way,
// the apply that removed them, timers. Nothing of them wakes a node.

import type { Census, Replica } from "@disheap/core";
import { expect, test } from "vitest";
import { createTopic, quietWorld, type QuietWorld } from "./quiet-world.js";
import { Reader } from "./reader.js";

const NODES = [1, 2, 3];
const TOPICS = 12;
const IDLE_MS = 5_000;

function census(q: QuietWorld): (Census | undefined)[] {
  return NODES.map((n) => q.world.host(n)?.census());
}

/** Turns of each node while nothing is asked of it. */
function idleTurns(q: QuietWorld): number[] {
  const before = NODES.map((n) => q.world.host(n)?.turns ?? 0);
  q.advance(IDLE_MS);
  return NODES.map((n, i) => (q.world.host(n)?.turns ?? 0) - before[i]);
}

/** The node that leads the first partition that is there; notes all replicas of partitions. */
function leaderOf(q: QuietWorld, replicas: Replica[]): number {
  let leader = 0;
  for (const n of NODES) {
    for (const replica of q.world.host(n)?.context.groups.values() ?? []) {
      if (replica.id === 0) continue;
      replicas.push(replica);
      if (leader === 0 && replica.isServing) leader = n;
    }
  }
  return leader;
}

const ENQUEUE = { op: "enqueue", topic: "jobs", priorityHi: 0 } as const;
const DELETE = { op: "topic.delete", topic: "jobs", force: true, confirmationToken: "" } as const;

test("topics that were used and deleted leave no group behind, and no turns", () => {
  const q = quietWorld(3);
  q.advance(3_000);
  // Each node has met the leader of the meta group.
  for (const n of NODES) q.ask(n, { op: "stats" });
  q.advance(1_000);
  const turnsBefore = idleTurns(q);
  const censusBefore = census(q);
  const removed: Replica[] = [];
  for (let n = 0; n < TOPICS; n += 1) {
    createTopic(q, "jobs", 1);
    q.advance(500);
    for (let i = 0; i < 50; i += 1) {
      const message = { payload: Uint8Array.of(i), priorityLo: i };
      q.hub.request(1, { ...ENQUEUE, ...message }, () => undefined);
    }
    // Its leases outlast the topic, and its credits still stand at the leader.
    const reader = new Reader(q, 1, 10, 20_000);
    q.advance(300 + 17 * n);
    const answer = q.ask(leaderOf(q, removed), DELETE);
    expect([answer?.ok, reader.end]).toEqual([true, "NOT_FOUND"]);
    q.advance(1_000);
    expect(removed.filter((replica) => replica.isServing || replica.dueMs !== Infinity)).toEqual(
      [],
    );
  }
  // Beyond every lease, and beyond what is remembered of a closed stream.
  q.advance(70_000);
  expect(census(q)).toEqual(censusBefore);
  idleTurns(q).forEach((turns, i) => expect(turns).toBeLessThan(turnsBefore[i] * 1.1 + 5));
});
