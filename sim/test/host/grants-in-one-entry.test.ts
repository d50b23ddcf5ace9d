// rev-B12: a leader without room for entries gathers several rounds of a stream, and puts them into one
// entry. Each of their grants is handled for itself. All rules watch.

import { expect, test } from "vitest";
import { keyOf, putInto } from "./partition-keys.js";
import { createTopic, quietWorld, type QuietWorld } from "./quiet-world.js";
import { Reader } from "./reader.js";
import { onMessage } from "./wire.js";

const EDGE = 1;
const LEADER = 2;
/** One entry of some messages is all that a leader may have under way. */
const PROPOSED_BYTES = 1_000;

/** The followers' disks stand still: what the leader has under way stays there, and nothing more may be. */
function withoutRoom(q: QuietWorld, partitionKey: string, ms: number): void {
  const untilUs = q.world.queue.nowUs + ms * 1000;
  for (const node of [1, 3]) q.world.node(node).disk.stall(untilUs);
  putInto(q, partitionKey, 20);
  q.advance(50);
  const replica = q.world.host(LEADER)?.context.groups.get(1);
  expect(replica?.proposedBytes).toBeGreaterThan(PROPOSED_BYTES / 2);
}

function stage(): { q: QuietWorld; partitionKey: string } {
  const q = quietWorld(3, { limits: { proposedBytesMax: PROPOSED_BYTES } });
  q.advance(2_000);
  createTopic(q, "jobs", 2);
  q.advance(1_000);
  expect(q.world.host(LEADER)?.context.groups.get(1)?.raft.isLeader).toBe(true);
  const partitionKey = keyOf(q, 1);
  putInto(q, partitionKey, 30);
  q.advance(1_000);
  return { q, partitionKey };
}

const leased = (q: QuietWorld): number => {
  const machine = q.world.host(LEADER)?.context.groups.get(1)?.machine;
  return machine?.kind === "partition" ? machine.partition.counts.inflightMessages : -1;
};

test("two rounds in one entry: what is leased is what was delivered", () => {
  const { q, partitionKey } = stage();
  const reader = new Reader(q, EDGE, 10, 600_000);
  q.advance(200);
  const before = reader.items.length;
  expect(before).toBe(10);
  const rounds = new Set<number>();
  onMessage(q, "granted", (m) => {
    if (m.group === 1 && m.items.length > 0) rounds.add(m.round);
    return undefined;
  });
  withoutRoom(q, partitionKey, 2_600);
  reader.sendCredits(10);
  q.advance(5_600);
  expect(rounds.size).toBeGreaterThan(1);
  expect(reader.items.length).toBe(20);
  expect(leased(q)).toBe(reader.items.filter(({ partitionId }) => partitionId === 0).length);
});
