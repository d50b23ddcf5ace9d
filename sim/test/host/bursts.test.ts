// Bursts over links that hold little, and followers that are slow (rev-B3, D-90). All rules watch; L10 says
// that nothing is sent twice while a link stays up.

import type { ClientResult } from "@disheap/core";
import { expect, test } from "vitest";
import { createTopic, quietWorld, type QuietWorld } from "./quiet-world.js";
import { LOST, onMessage } from "./wire.js";

/** Group 1 has the voters 2, 3 and 1, and node 2 leads it first. */
const LEADER = 2;

function ready(bytesMax = 0, bytesPerMs = 0): QuietWorld {
  const base = quietWorld(3).world.plan;
  const bulk = bytesMax === 0 ? {} : { bulk: { bytesMax, bytesPerMs } };
  const q = quietWorld(3, {
    network: { ...base.network, ...bulk },
    limits: bytesMax === 0 ? {} : { turnBulkBytesMax: bytesMax >> 4 },
  });
  q.advance(2_000);
  createTopic(q, "jobs", 1);
  q.advance(1_000);
  return q;
}

const termsOf = (q: QuietWorld): number[] =>
  [1, 2, 3].map((n) => q.world.host(n)?.context.groups.get(1)?.raft.term ?? -1);

function enqueue(
  q: QuietWorld,
  node: number,
  bytes: number,
  answers: (boolean | undefined)[],
): void {
  const message = { topic: "jobs", payload: new Uint8Array(bytes), priorityHi: 0, priorityLo: 1 };
  q.hub.request(node, { op: "enqueue", ...message }, (r: ClientResult | undefined) =>
    answers.push(r?.ok),
  );
}

test("a burst far beyond what a link holds is answered whole, and nobody is elected", () => {
  // As 400 messages of 250 kB at links that hold 64 MiB, at a hundredth of the size.
  const q = ready(640_000, 300);
  const terms = termsOf(q);
  const answers: (boolean | undefined)[] = [];
  for (let i = 0; i < 400; i += 1) enqueue(q, (i % 3) + 1, 2_500, answers);
  q.advance(9_500);
  expect(answers.filter((ok) => ok === true)).toHaveLength(400);
  expect(termsOf(q)).toEqual(terms);
  expect(q.world.network.counts.get("net.full")).toBeGreaterThan(0);
});

test("dec-90c: while a large message crosses a slow link for seconds, beats and votes go by it", () => {
  const q = ready(640_000, 300);
  const terms = termsOf(q);
  const answers: (boolean | undefined)[] = [];
  enqueue(q, LEADER, 1_000_000, answers);
  q.advance(5_000);
  expect([answers, termsOf(q)]).toEqual([[true], terms]);
});

test("what a link drops is noticed, with nothing behind it", () => {
  const q = ready(20_000, 1_000);
  const terms = termsOf(q);
  const answers: (boolean | undefined)[] = [];
  // Into the leader itself: the second does not fit behind the first, and nothing follows.
  enqueue(q, LEADER, 4_000, answers);
  q.advance(2);
  enqueue(q, LEADER, 18_000, answers);
  q.advance(500);
  expect(q.world.network.counts.get("net.overfull")).toBeGreaterThan(0);
  expect(answers).toEqual([true, true]);
  expect(termsOf(q)).toEqual(terms);
});

test("rev-B3: a follower that syncs slowly gets every byte once", () => {
  const q = ready();
  const slow = 3;
  let sent = 0;
  onMessage(q, "append", (m, _, to) => {
    if (to === slow) for (const { bytes } of m.blocks) sent += bytes.length;
    return undefined;
  });
  const answers: (boolean | undefined)[] = [];
  for (let i = 0; i < 200; i += 1) {
    if (i % 40 === 0) q.world.node(slow).disk.stall(q.world.queue.nowUs + 900_000);
    enqueue(q, LEADER, 5_000, answers);
    q.advance(25);
  }
  q.advance(2_000);
  expect(answers.filter((ok) => ok === true)).toHaveLength(200);
  expect(sent / (200 * 5_000)).toBeLessThan(1.1);
  const raft = q.world.host(slow)?.context.groups.get(1)?.raft;
  expect(raft?.log.lastIndex).toBe(q.world.host(LEADER)?.context.groups.get(1)?.raft.log.lastIndex);
});

test("dec-90b: a follower that missed an append says so at once", () => {
  const q = ready();
  let lost = 0;
  onMessage(q, "append", (m, _, to) =>
    to === 3 && m.blocks.length > 0 && lost++ === 0 ? LOST : undefined,
  );
  const answers: (boolean | undefined)[] = [];
  for (let i = 0; i < 5; i += 1) {
    enqueue(q, LEADER, 100, answers);
    q.advance(20);
  }
  q.advance(100);
  expect(lost).toBeGreaterThan(0);
  const ends = [2, 3].map((n) => q.world.host(n)?.context.groups.get(1)?.raft.log.lastIndex);
  expect(ends[1]).toBe(ends[0]);
});
