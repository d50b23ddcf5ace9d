// Elections on a wire that loses, doubles or repeats single messages: what a vote may count, and what a
// request may change at the one that is asked. All rules watch.

import { expect, test } from "vitest";
import { quietWorld, type QuietWorld } from "./quiet-world.js";
import { LOST, onMessage } from "./wire.js";

/** The meta group: every node is a voter. */
const GROUP = 0;

const raftOf = (q: QuietWorld, node: number) => q.world.host(node)?.context.groups.get(GROUP)?.raft;

/** Nodes that lead the group, in no particular term. */
const leaders = (q: QuietWorld): number[] =>
  q.world.nodes.flatMap(({ number }) => (raftOf(q, number)?.isLeader ? [number] : []));

/** Lets the first leader be elected and kills it; the nodes that are left. */
function withoutLeader(q: QuietWorld): number[] {
  q.advance(3_000);
  const [leader] = leaders(q);
  if (leader === undefined) throw new Error("the first leader must be there by now");
  q.world.kill(leader);
  return q.world.nodes.map(({ number }) => number).filter((number) => number !== leader);
}

test("seed-S03: a vote that comes twice counts once: two of five are no quorum", () => {
  const q = quietWorld(5);
  const alive = withoutLeader(q);
  /** The only voter that hears of a candidate. */
  const friendOf = (node: number): number | undefined => alive.find((other) => other !== node);
  let isLosing = true;
  let repeated = 0;
  onMessage(q, "vote", (_m, from, to) => (isLosing && to !== friendOf(from) ? LOST : undefined));
  onMessage(q, "vote.reply", (m) => {
    if (!isLosing || !m.granted) return undefined;
    repeated += 1;
    return [0, 1, 2];
  });
  for (let waited = 0; waited < 12_000; waited += 10) {
    q.advance(10);
    expect(leaders(q)).toEqual([]);
  }
  expect(repeated).toBeGreaterThan(0);
  isLosing = false;
  q.advance(10_000);
  expect(leaders(q)).toHaveLength(1);
});

test("raft-A10: who is asked for a pre-vote keeps his term, however high the other's is", () => {
  const q = quietWorld(3);
  const [asking, asked] = withoutLeader(q);
  const before = raftOf(q, asked)?.term;
  // Each campaign of the one gets as far as its pre-vote; the other one never asks.
  onMessage(q, "vote", () => LOST);
  onMessage(q, "pre-vote", (_m, from) => (from === asked ? LOST : undefined));
  q.advance(20_000);
  expect(raftOf(q, asking)?.term).toBeGreaterThan((before ?? 0) + 2);
  expect(raftOf(q, asked)?.term).toBe(before);
});

test("raft-A12: old vote requests that come again and again do not keep a voter from campaigning", () => {
  const base = quietWorld(3).world.plan;
  const q = quietWorld(3, { network: { ...base.network, streamModel: false } });
  // Those of the first election arrive for half a minute; a dead node's may still arrive.
  const copies = Array.from({ length: 100 }, (_, i) => i * 300);
  onMessage(q, "vote", (m) => (m.group === GROUP && m.term === 1 ? copies : undefined));
  withoutLeader(q);
  q.advance(10_000);
  expect(leaders(q)).toHaveLength(1);
});

test("seed-S06b: who is a quorum alone leads no sooner than its own vote is synced", () => {
  const q = quietWorld(1);
  q.advance(3_000);
  expect(leaders(q)).toEqual([1]);
});
