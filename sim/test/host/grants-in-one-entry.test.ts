// rev-B12: a leader without room for entries gathers several rounds of a stream, and puts them into one
// entry. Each of their grants is handled for itself. All rules watch.

import { expect, test } from "vitest";
import { keyOf, putInto } from "./partition-keys.js";
import { createTopic, quietWorld, type QuietWorld } from "./quiet-world.js";
import { Reader } from "./reader.js";
import { onMessage } from "./wire.js";

const EDGE = 1;
const LEADER = 2;

/** No room for new entries at the leader for a while: as with far too many bytes under way. */
function withoutRoom(q: QuietWorld, ms: number): void {
  const context = q.world.host(LEADER)?.context;
  const slot = context?.groups.get(1);
  if (!context || !slot) throw new Error("group 1 must be there");
  const bytes = 128 << 20;
  slot.proposedBytes += bytes;
  context.budgets.proposedBytes += bytes;
  q.advance(ms);
  slot.proposedBytes -= bytes;
  context.budgets.proposedBytes -= bytes;
}

function stage(): QuietWorld {
  const q = quietWorld(3);
  q.advance(2_000);
  createTopic(q, "jobs", 2);
  q.advance(1_000);
  expect(q.world.host(LEADER)?.context.groups.get(1)?.raft.isLeader).toBe(true);
  putInto(q, keyOf(q, 1), 30);
  q.advance(1_000);
  return q;
}

const leased = (q: QuietWorld): number => {
  const machine = q.world.host(LEADER)?.context.groups.get(1)?.machine;
  return machine?.kind === "partition" ? machine.partition.counts.inflightMessages : -1;
};

test("two rounds in one entry: what is leased is what was delivered", () => {
  const q = stage();
  const reader = new Reader(q, EDGE, 10, 600_000);
  q.advance(200);
  const before = reader.items.length;
  expect(before).toBe(10);
  const rounds = new Set<number>();
  onMessage(q, "granted", (m) => {
    if (m.group === 1 && m.items.length > 0) rounds.add(m.round);
    return undefined;
  });
  reader.sendCredits(10);
  withoutRoom(q, 2_600);
  q.advance(3_000);
  expect(rounds.size).toBeGreaterThan(1);
  expect(reader.items.length).toBe(20);
  expect(leased(q)).toBe(reader.items.filter(({ partitionId }) => partitionId === 0).length);
});
