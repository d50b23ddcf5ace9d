// D-22, D-91: a leader that lost its leadership before what it proposed was committed applies it as a follower. It has
// nothing to tell the edges then: who leads now does. All rules watch, and so do the invariants of a replica (REP4).

import { expect, test } from "vitest";
import { keyOf, putInto } from "./partition-keys.js";
import { createTopic, quietWorld, type QuietWorld } from "./quiet-world.js";
import { Reader } from "./reader.js";
import { LOST, onMessage } from "./wire.js";

const COUNT = 40;

function replicaOf(q: QuietWorld, node: number) {
  const replica = q.world.host(node)?.context.groups.get(1);
  if (!replica) throw new Error(`n${node} has no replica of the partition`);
  return replica;
}

const leaderOf = (q: QuietWorld): number =>
  [1, 2, 3].find((node) => replicaOf(q, node).raft.isLeader) ?? 0;

test("a close that it applies as a follower leaves it nothing to do, and is answered by the next leader", () => {
  // A turn looks at a few leases only, so that they are not all told in one.
  const q = quietWorld(3, { limits: { turnRowsMax: 4 } });
  q.advance(2_000);
  createTopic(q, "jobs", 1);
  q.advance(1_000);
  putInto(q, keyOf(q, 1), COUNT);
  const old = leaderOf(q);
  const edge = [1, 2, 3].find((node) => node !== old) ?? 0;
  const reader = new Reader(q, edge, COUNT, 120_000);
  q.advance(1_000);
  expect(reader.items.length).toBe(COUNT);
  // What it proposes is stored by all, and it never hears of that.
  let isDeaf = true;
  onMessage(q, "append.reply", (_, __, to) => (isDeaf && to === old ? LOST : undefined));
  reader.send("stream.cancel");
  q.advance(300);
  const { raft } = replicaOf(q, old);
  expect(raft.commitIndex).toBeLessThan(raft.log.lastIndex);
  for (const node of [1, 2, 3]) if (node !== old) q.world.network.cut(old, node);
  q.advance(5_000);
  for (const node of [1, 2, 3]) if (node !== old) q.world.network.heal(old, node);
  isDeaf = false;
  q.advance(4_000);
  expect(leaderOf(q)).not.toBe(old);
  expect(replicaOf(q, old).digests).toEqual([]);
  // The leases were shortened to the grace, and are somebody else's now.
  const next = new Reader(q, edge, COUNT, 10_000);
  q.advance(8_000);
  expect(next.items.length).toBe(COUNT);
});
