// rev-B15: what is under way is bounded for the node and for each of its links, not only for each group. What
// comes beyond waits where it is counted already; all of it is served, and afterwards nothing is counted.

import type { ClientResult, LimitsConfig } from "@disheap/core";
import { expect, test } from "vitest";
import { createTopic, quietWorld, type QuietWorld } from "./quiet-world.js";
import { onMessage } from "./wire.js";

const NODES = [1, 2, 3];

function world(partitions: number, limits: Partial<LimitsConfig>): QuietWorld {
  const q = quietWorld(3, { limits });
  q.advance(2_000);
  createTopic(q, "jobs", partitions);
  q.advance(2_000);
  return q;
}

function enqueue(q: QuietWorld, node: number, bytes: number, answers: unknown[], key = ""): void {
  const message = { topic: "jobs", payload: new Uint8Array(bytes), priorityHi: 0, priorityLo: 1 };
  const partitionKey = key === "" ? {} : { partitionKey: key };
  q.hub.request(node, { op: "enqueue", ...message, ...partitionKey }, (r?: ClientResult) =>
    answers.push(r?.ok === true ? true : r),
  );
}

const contextOf = (q: QuietWorld, node: number) => q.world.host(node)?.context;
const termsOf = (q: QuietWorld): number[] =>
  [...(contextOf(q, 1)?.groups.values() ?? [])].map(({ raft }) => raft.term);

/** Whatever was under way has landed. */
function expectNothingUnderWay(q: QuietWorld): void {
  for (const node of NODES) {
    const context = contextOf(q, node);
    const toOthers = NODES.map((other) => context?.appendWindow(other).bytes);
    expect([context?.budgets.proposedBytes, context?.budgets.requestBytes]).toEqual([0, 0]);
    expect(toOthers).toEqual([0, 0, 0]);
  }
}

test("entries that leaders of one node have proposed and not applied, over many partitions", () => {
  const proposedBytesMax = 1 << 20;
  const entryBytesMax = 64 << 10;
  const q = world(12, { proposedBytesMax, entryBytesMax });
  const terms = termsOf(q);
  const answers: unknown[] = [];
  // Nothing is committed for a while.
  for (const node of NODES) q.world.node(node).disk.stall(q.world.queue.nowUs + 800_000);
  for (let i = 0; i < 480; i += 1) enqueue(q, NODES[i % 3], 30_000, answers, `key ${i}`);
  let mostBytes = 0;
  const turnsOf = (): number => NODES.reduce((n, i) => n + (q.world.host(i)?.turns ?? 0), 0);
  q.advance(100);
  const turns = turnsOf();
  q.advance(600);
  // Who waits for room waits: there is nothing to be done before something was applied.
  expect(turnsOf() - turns).toBeLessThan(200);
  for (let ms = 0; ms < 200; ms += 1) {
    q.advance(1);
    for (const node of NODES) {
      mostBytes = Math.max(mostBytes, contextOf(q, node)?.budgets.proposedBytes ?? 0);
    }
  }
  q.advance(6_000);
  expect(answers).toEqual(Array.from({ length: 480 }, () => true));
  // The last entry over the bound, and one of each group that had none.
  expect(mostBytes).toBeLessThan(proposedBytesMax + 6 * entryBytesMax);
  expect(mostBytes).toBeGreaterThan(proposedBytesMax / 2);
  expect(termsOf(q)).toEqual(terms);
  expectNothingUnderWay(q);
});

test("large requests on their way to one leader", () => {
  const linkBytesMax = 200_000;
  const q = world(1, { linkBytesMax });
  const leader = NODES.find((n) => contextOf(q, n)?.groups.get(1)?.raft.isLeader) ?? 0;
  const edge = NODES.find((n) => n !== leader) ?? 0;
  const out = new Map<number, number>();
  let mostBytes = 0;
  onMessage(q, "request", ({ requestId, action }, from) => {
    if (from === edge && action.type === "propose") out.set(requestId, action.intent.length);
    let bytes = 0;
    for (const one of out.values()) bytes += one;
    mostBytes = Math.max(mostBytes, bytes);
    return undefined;
  });
  onMessage(q, "reply", ({ requestId }, _, to) => {
    if (to === edge) out.delete(requestId);
    return undefined;
  });
  q.world.node(leader).disk.stall(q.world.queue.nowUs + 700_000);
  const answers: unknown[] = [];
  for (let i = 0; i < 40; i += 1) enqueue(q, edge, 50_000, answers);
  q.advance(300);
  // What is small does not wait for what is large.
  expect(contextOf(q, edge)?.budgets.requestBytes).toBeGreaterThan(40 * 50_000 - 1);
  q.advance(6_000);
  expect(answers).toEqual(Array.from({ length: 40 }, () => true));
  expect(mostBytes).toBeLessThanOrEqual(linkBytesMax);
  expectNothingUnderWay(q);
});

test("log on its way to a follower that takes its time, and whose link is lost meanwhile", () => {
  const linkBytesMax = 200_000;
  const appendBytesMax = 50_000;
  const q = world(1, { linkBytesMax, appendBytesMax });
  const leader = NODES.find((n) => contextOf(q, n)?.groups.get(1)?.raft.isLeader) ?? 0;
  const [quick, slow] = NODES.filter((n) => n !== leader);
  const bytesTo = (node: number): number => contextOf(q, leader)?.appendWindow(node).bytes ?? 0;
  q.world.node(slow).disk.stall(q.world.queue.nowUs + 3_000_000);
  const answers: unknown[] = [];
  let mostBytes = 0;
  for (let i = 0; i < 60; i += 1) {
    enqueue(q, leader, 40_000, answers);
    q.advance(20);
    mostBytes = Math.max(mostBytes, bytesTo(slow));
    if (i === 40) q.world.network.cut(leader, slow);
    if (i === 50) q.world.network.heal(leader, slow);
  }
  // The others go on.
  q.advance(200);
  expect(answers).toEqual(Array.from({ length: 60 }, () => true));
  expect(mostBytes).toBeGreaterThan(linkBytesMax / 2);
  expect(mostBytes).toBeLessThan(linkBytesMax + 2 * appendBytesMax);
  q.advance(8_000);
  const ends = [leader, quick, slow].map((n) => contextOf(q, n)?.groups.get(1)?.raft.appliedIndex);
  expect(new Set(ends).size).toBe(1);
  expectNothingUnderWay(q);
});
