// rev-F4: a member's store is put back, while it is down, to what it held earlier in its newest life. Start-up
// cannot tell (D-88 states the limit); its leader can, since it acknowledged more than it has.

import { expect, test } from "vitest";
import { createTopic, quietWorld, type QuietWorld } from "./quiet-world.js";

const LEADER = 2;
const PUT_BACK = 3;

const enqueue = (q: QuietWorld, withinMs = 5_000) =>
  q.ask(
    LEADER,
    { op: "enqueue", topic: "jobs", payload: Uint8Array.of(1), priorityHi: 0, priorityLo: 1 },
    withinMs,
  );

const raftOf = (q: QuietWorld, node: number) => {
  const replica = q.world.host(node)?.context.groups.get(1);
  if (!replica) throw new Error(`n${node} holds group 1`);
  return replica.raft;
};

test("its leader counts it again when it is repaired, and a group that needs it goes on", () => {
  // The rules would say that committed entries are gone from a disk, and they are.
  const q = quietWorld(3, {}, false);
  q.advance(2_000);
  createTopic(q, "jobs", 1);
  q.advance(1_000);
  const before = new Map(q.world.node(PUT_BACK).disk.durable());
  for (let i = 0; i < 5; i += 1) expect(enqueue(q)).toMatchObject({ ok: true });
  q.advance(1_000);
  const { term } = raftOf(q, LEADER);
  const acknowledged = raftOf(q, LEADER).progress.get(PUT_BACK)?.match ?? 0;
  q.world.kill(PUT_BACK);
  q.advance(100);
  q.world.node(PUT_BACK).disk.putBack(before);
  q.world.start(PUT_BACK);
  q.advance(4_000);
  q.world.kill(1);
  // Both live members are needed for every entry now.
  expect(enqueue(q, 20_000)).toMatchObject({ ok: true });
  expect(raftOf(q, LEADER).term).toBe(term);
  expect(raftOf(q, PUT_BACK).log.lastIndex).toBeGreaterThan(acknowledged);
});
