// rev-B5: what a cut-off leader proposed in vain must not count against its next leadership.

import { expect, test } from "vitest";
import { quietWorld } from "./quiet-world.js";

const LARGE = 3_900_000;

test("a leader whose large entries were lost leads again and takes new ones", () => {
  const q = quietWorld(3);
  q.advance(2_000);
  const settings = { partitions: 1, replicationFactor: 3, maxPayloadBytes: LARGE };
  q.ask(1, { op: "topic.create", topic: "jobs", settings });
  q.advance(1_000);
  const replicaOf = (node: number) => q.world.host(node)?.context.groups.get(1);
  const leaderNow = () => [1, 2, 3].find((node) => replicaOf(node)?.raft.isLeader) ?? 0;
  const old = leaderNow();
  const others = [1, 2, 3].filter((node) => node !== old);
  for (const node of others) q.world.network.cut(old, node);
  // More than a leader may have under way: half of 32 MiB.
  const message = { topic: "jobs", priorityHi: 0, priorityLo: 1 };
  let mostBytes = 0;
  // The first few are small: these are the ones whose places later leaders write over.
  for (let n = 0; n < 28; n += 1) {
    const payload = new Uint8Array(n < 8 ? 1 : LARGE);
    q.hub.request(old, { op: "enqueue", ...message, payload }, () => undefined);
    q.advance(5);
    mostBytes = Math.max(mostBytes, replicaOf(old)?.proposedBytes ?? 0);
  }
  // Until nobody waits for them any more: the next leader writes little of its own in their places.
  q.advance(14_000);
  expect(others).toContain(leaderNow());
  expect(mostBytes).toBeGreaterThan(16 << 20);
  for (const node of others) q.world.network.heal(old, node);
  q.advance(3_000);
  // Whoever else leads is killed and comes back, until the old one is elected again.
  for (let waited = 0; leaderNow() !== old && waited < 60_000; waited += 100) {
    for (const node of others) if (!q.world.host(node)) q.world.start(node);
    const now = leaderNow();
    if (now !== 0) q.world.kill(now);
    q.advance(100);
  }
  expect(leaderNow()).toBe(old);
  for (const node of others) if (!q.world.host(node)) q.world.start(node);
  q.advance(1_000);
  const small = Uint8Array.of(1);
  expect(q.ask(old, { op: "enqueue", ...message, payload: small })).toMatchObject({ ok: true });
});
