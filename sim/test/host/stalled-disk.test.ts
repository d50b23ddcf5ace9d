// D-29, D-90: a leader whose disk stands still can serve nobody. It hands over to a voter whose disk is
// healthy; where no majority has one it stays, and vouches for nothing. All rules watch.

import type { ClientRequest, ClientResult } from "@disheap/core";
import { expect, test } from "vitest";
import { createTopic, quietWorld, type QuietWorld } from "./quiet-world.js";
import { LOST, onMessage } from "./wire.js";

/** Group 1 has the voters 2, 3 and 1, and node 2 leads it first. */
const STALLED = 2;
const ENQUEUE: ClientRequest = {
  op: "enqueue",
  topic: "jobs",
  payload: Uint8Array.of(1),
  priorityHi: 0,
  priorityLo: 1,
};
const PEEK: ClientRequest = { op: "peek", topic: "jobs", limit: 1, includeDlq: false };

function ready(): QuietWorld {
  const q = quietWorld(3);
  q.advance(2_000);
  createTopic(q, "jobs", 1);
  q.advance(1_000);
  expect(leaders(q)).toEqual([STALLED]);
  return q;
}

function raftOf(q: QuietWorld, node: number) {
  const raft = q.world.host(node)?.context.groups.get(1)?.raft;
  if (!raft) throw new Error(`n${node} must hold group 1`);
  return raft;
}

const leaders = (q: QuietWorld): number[] => [1, 2, 3].filter((n) => raftOf(q, n).isLeader);

function stall(q: QuietWorld, nodes: readonly number[], ms: number): void {
  for (const node of nodes) q.world.node(node).disk.stall(q.world.queue.nowUs + ms * 1000);
}

test("rev-B1: while calls go on, a stalled leader hands over and nearly all are acknowledged", () => {
  const q = ready();
  const term = raftOf(q, STALLED).term;
  stall(q, [STALLED], 120_000);
  const answers: (ClientResult | undefined)[] = [];
  for (let i = 0; i < 120; i += 1) {
    q.hub.request(3, ENQUEUE, (result) => answers.push(result));
    q.advance(500);
    // One election, without waiting for anybody's timer: the stall is noticed after 1 s.
    if (i === 3) expect([leaders(q), raftOf(q, 3).term]).toEqual([[3], term + 1]);
  }
  q.advance(15_000);
  // Nothing hangs: those that were in the log when the disk stood still are unknown to their clients.
  expect(answers).toHaveLength(120);
  expect(answers.filter((a) => a?.ok).length).toBeGreaterThan(115);
  expect(raftOf(q, 3).term).toBe(term + 1);
});

test("a stalled leader is replaced after one call and silence, too", () => {
  const q = ready();
  stall(q, [STALLED], 60_000);
  q.hub.request(STALLED, ENQUEUE, () => undefined);
  q.advance(2_000);
  expect(leaders(q)).toHaveLength(1);
  expect(leaders(q)).not.toEqual([STALLED]);
  expect(q.ask(1, ENQUEUE)).toMatchObject({ ok: true });
});

test("seed-S13: where most disks are stalled the leader stays, and no read is served on its word", () => {
  const q = ready();
  const { term } = raftOf(q, STALLED);
  stall(q, [1, 2, 3], 20_000);
  q.hub.request(3, ENQUEUE, () => undefined);
  q.advance(1_500);
  let peeked: ClientResult | undefined;
  q.hub.request(3, PEEK, (result) => (peeked = result));
  q.advance(8_000);
  expect([1, 2, 3].map((n) => [raftOf(q, n).leader, raftOf(q, n).term])).toEqual(
    [1, 2, 3].map(() => [STALLED, term]),
  );
  expect(peeked).toBeUndefined();
  // The disks are back: nothing has moved, and everything goes on.
  q.advance(12_000);
  expect(leaders(q)).toEqual([STALLED]);
  expect(q.ask(3, ENQUEUE)).toMatchObject({ ok: true });
  expect(q.ask(3, PEEK)).toMatchObject({ ok: true });
});

test("dec-90a: a stalled node gives nobody hope: no term is raised for a vote that it cannot sync", () => {
  const q = ready();
  const { term } = raftOf(q, 3);
  stall(q, [1], 30_000);
  q.hub.request(3, ENQUEUE, () => undefined);
  q.advance(1_500);
  q.world.kill(STALLED);
  q.advance(12_000);
  expect([1, 3].map((n) => raftOf(q, n).term)).toEqual([term, term]);
  q.advance(25_000);
  expect([1, 3].filter((n) => raftOf(q, n).isLeader)).toHaveLength(1);
  expect(q.ask(3, ENQUEUE)).toMatchObject({ ok: true });
});

test("a disk that comes back during a hand-over leaves the leader in office", () => {
  const q = ready();
  const { term } = raftOf(q, STALLED);
  onMessage(q, "timeout-now", () => LOST);
  stall(q, [STALLED], 1_600);
  const answers: (ClientResult | undefined)[] = [];
  for (let i = 0; i < 4; i += 1) {
    q.hub.request(3, ENQUEUE, (result) => answers.push(result));
    q.advance(500);
  }
  q.advance(500);
  expect(answers.map((a) => a?.ok)).toEqual([true, true, true, true]);
  expect([leaders(q), raftOf(q, STALLED).term]).toEqual([[STALLED], term]);
});

test("rev-B1b: a large batch may take its time; the leader stays, and a small one may not", () => {
  const q = ready();
  const { term } = raftOf(q, STALLED);
  // 1 MB at a disk that needs longer for it than the stall limit.
  const LARGE = { ...ENQUEUE, payload: new Uint8Array(1_000_000) };
  stall(q, [STALLED], 1_350);
  const answers: (ClientResult | undefined)[] = [];
  q.hub.request(STALLED, LARGE, (result) => answers.push(result));
  q.advance(3_000);
  expect(answers.map((a) => a?.ok)).toEqual([true]);
  expect([leaders(q), raftOf(q, STALLED).term]).toEqual([[STALLED], term]);
  stall(q, [STALLED], 1_350);
  q.hub.request(STALLED, ENQUEUE, (result) => answers.push(result));
  q.advance(3_000);
  expect(leaders(q)).not.toEqual([STALLED]);
});

test("a large batch that takes for ever is a stalled disk like any other", () => {
  const q = ready();
  stall(q, [STALLED], 60_000);
  const LARGE = { ...ENQUEUE, payload: new Uint8Array(1_000_000) };
  q.hub.request(STALLED, LARGE, () => undefined);
  q.advance(5_000);
  expect(leaders(q)).toHaveLength(1);
  expect(leaders(q)).not.toEqual([STALLED]);
});

test("rev-B1c: a follower that began anew in the stall, whom its leader cannot take, is no reason to stay", () => {
  const q = ready();
  q.world.kill(1);
  // Long enough that the leader counts it out: with it, it would know of a majority and hand over.
  q.advance(2_000);
  stall(q, [STALLED], 60_000);
  q.hub.request(3, ENQUEUE, () => undefined);
  q.advance(1_500);
  q.world.start(1);
  q.advance(12_000);
  expect(leaders(q)).toEqual([3]);
  expect(q.ask(1, ENQUEUE)).toMatchObject({ ok: true });
});
