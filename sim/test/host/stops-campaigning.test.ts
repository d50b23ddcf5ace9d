// rev-F3: a machine that stops while its replica asks who would vote for it. The answers are on their way by then.

import { expect, test } from "vitest";
import { createTopic, quietWorld } from "./quiet-world.js";
import { LOST, onMessage } from "./wire.js";

const VICTIM = 3;
const LEADER = 2;

test("a replica that stopped leads nothing, whatever it had asked before (R13)", () => {
  // Each turn takes long and applies one entry, so that a follower that was away has a backlog for seconds.
  const q = quietWorld(3, { turnCostUs: 15_000, limits: { turnApplyEntriesMax: 1 } });
  q.advance(3_000);
  createTopic(q, "jobs", 1);
  q.advance(2_000);
  const replicaOf = (node: number) => q.world.host(node)?.context.groups.get(1);
  expect(replicaOf(LEADER)?.isServing).toBe(true);
  // The victim hears of all entries at once, and of the other survivor's campaign nothing.
  for (const other of [1, LEADER]) q.world.network.cut(VICTIM, other);
  for (let n = 0; n < 250; n += 1) {
    const payload = Uint8Array.of(n);
    q.hub.request(
      1,
      { op: "enqueue", topic: "jobs", payload, priorityHi: 0, priorityLo: n },
      () => undefined,
    );
    q.advance(40);
  }
  onMessage(q, "pre-vote", ({ group }, from) => (group === 1 && from === 1 ? LOST : undefined));
  // Its answers to this group take long enough for another entry to be applied first.
  onMessage(q, "pre-vote.reply", ({ group }) => (group === 1 ? [200] : undefined));
  for (const other of [1, LEADER]) q.world.network.heal(VICTIM, other);
  const victim = replicaOf(VICTIM);
  for (let i = 0; i < 4_000 && (victim?.raft.commitIndex ?? 0) < 200; i += 1) q.advance(5);
  expect(victim?.raft.commitIndex).toBeGreaterThan((victim?.raft.appliedIndex ?? 0) + 100);
  q.world.kill(LEADER);
  for (let i = 0; i < 4_000 && victim?.raft.role === "follower"; i += 1) q.advance(1);
  expect(victim?.raft.role).toBe("pre-candidate");
  const index = (victim?.raft.appliedIndex ?? 0) + 1;
  q.world.plants.add({ node: VICTIM, group: 1, index, kind: "unreadable" });
  q.world.plants.into(VICTIM, q.world.host(VICTIM)?.context.groups ?? new Map());
  // A rule that breaks throws.
  q.advance(3_000);
  expect(victim?.machineStoppedBecause).toContain("cannot be applied");
  expect(victim?.raft.role).toBe("follower");
});
