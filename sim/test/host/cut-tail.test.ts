// A leader that is cut off goes on appending what nobody else has. Such a tail is longer than the log of
// the next leader and must still lose: in elections (raft-A5) and on disk (D-28). All rules watch.

import { expect, test } from "vitest";
import { Reader } from "./reader.js";
import { createTopic, quietWorld, type QuietWorld } from "./quiet-world.js";

/** Group 1 has the voters 2, 3 and 1; node 2 leads it first, and has preferred nobody since. */
const OLD = 2;

const message = (n: number) => ({
  topic: "jobs",
  payload: Uint8Array.of(n),
  priorityHi: 0,
  priorityLo: n,
});

const logOf = (q: QuietWorld, node: number) => {
  const raft = q.world.host(node)?.context.groups.get(1)?.raft;
  if (!raft) throw new Error(`n${node} holds no replica`);
  return { last: raft.log.lastIndex, commit: raft.commitIndex, isLeader: raft.isLeader };
};

/** Cuts the leader off, lets it append six entries alone, and waits for the next leader. */
function cutOff(q: QuietWorld): number {
  q.advance(2_000);
  createTopic(q, "jobs", 1);
  q.advance(1_000);
  expect(logOf(q, OLD).isLeader).toBe(true);
  for (const node of [1, 3]) q.world.network.cut(OLD, node);
  for (let n = 1; n <= 6; n += 1) {
    q.hub.request(OLD, { op: "enqueue", ...message(n) }, () => undefined);
    q.advance(5);
  }
  q.advance(6_000);
  const { last, commit } = logOf(q, OLD);
  expect(last - commit).toBe(6);
  const next = [1, 3].find((node) => logOf(q, node).isLeader);
  if (next === undefined) throw new Error("the majority must have a leader");
  return next;
}

function heal(q: QuietWorld): void {
  for (const node of [1, 3]) q.world.network.heal(OLD, node);
}

test("raft-A5: a longer log of an older term is not elected over one that holds a committed entry", () => {
  const q = quietWorld(3);
  const next = cutOff(q);
  expect(q.ask(next, { op: "enqueue", ...message(7) })).toMatchObject({ ok: true });
  const other = 4 - next;
  expect(logOf(q, other).last).toBeLessThan(logOf(q, OLD).last);
  q.world.kill(next);
  heal(q);
  q.advance(8_000);
  expect(logOf(q, other).isLeader).toBe(true);
  q.world.start(next);
  q.advance(2_000);
  const reader = new Reader(q, other, 20);
  q.advance(1_000);
  expect(reader.items.map(({ payload }) => payload[0])).toContain(7);
});

test("D-28: what was cut off a log is gone from disk, also when the node dies before the log grew again", () => {
  const q = quietWorld(3);
  cutOff(q);
  const before = logOf(q, OLD).last;
  heal(q);
  for (let waited = 0; logOf(q, OLD).last === before && waited < 10_000; waited += 5) q.advance(5);
  // The cut is synced; the log is still shorter than it was.
  q.advance(20);
  expect(logOf(q, OLD).last).toBeLessThan(before);
  q.world.kill(OLD);
  q.world.start(OLD);
  q.advance(3_000);
  expect(q.world.node(OLD).refusal).toBeUndefined();
  expect(logOf(q, OLD).commit).toBe(logOf(q, 1).commit);
});
