// rev-B2: one partition's leader answers every question and commits nothing. Consumers of several partitions
// go on with the others, and come back to it when it works again. All rules watch.

import { expect, test } from "vitest";
import { keyOf, putInto } from "./partition-keys.js";
import { createTopic, quietWorld, type QuietWorld } from "./quiet-world.js";
import { Reader } from "./reader.js";
import { LOST, onMessage } from "./wire.js";

/** Equal priorities go to the lowest group first: it is the one that every choice wants. */
const STALLED_GROUP = 1;
const EDGE = 3;
const EACH = 80;

function stage(): { q: QuietWorld; leader: number } {
  const q = quietWorld(3);
  q.advance(2_000);
  createTopic(q, "jobs", 3);
  q.advance(1_000);
  for (const group of [1, 2, 3]) putInto(q, keyOf(q, group), EACH);
  q.advance(1_000);
  const leader = leaderOf(q);
  expect(leader).not.toBe(EDGE);
  return { q, leader };
}

function leaderOf(q: QuietWorld, group = STALLED_GROUP): number {
  const isLeader = (node: number): boolean =>
    q.world.host(node)?.context.groups.get(group)?.raft.isLeader ?? false;
  return [1, 2, 3].find(isLeader) ?? 0;
}

/** A credit for each item, as from a client that is as fast as it is served. */
function readOn(q: QuietWorld, reader: Reader, ms: number): void {
  let paid = reader.items.length;
  for (let passed = 0; passed < ms; passed += 10) {
    q.advance(10);
    if (reader.items.length > paid) reader.sendCredits(reader.items.length - paid);
    paid = reader.items.length;
  }
}

const fromStalled = (reader: Reader): number =>
  reader.items.filter(({ partitionId }) => partitionId === STALLED_GROUP - 1).length;

test("others are delivered at once, and what waited comes when its leader commits again", () => {
  const { q, leader } = stage();
  let isMute = true;
  onMessage(q, "append", (m, from) =>
    isMute && from === leader && m.group === STALLED_GROUP ? LOST : undefined,
  );
  const reader = new Reader(q, EDGE, 10, 120_000);
  readOn(q, reader, 6_000);
  expect(leaderOf(q)).toBe(leader);
  expect(fromStalled(reader)).toBe(0);
  expect(reader.items.length).toBeGreaterThanOrEqual(2 * EACH);
  isMute = false;
  readOn(q, reader, 12_000);
  expect(fromStalled(reader)).toBeGreaterThanOrEqual(EACH);
});

test("a partition that failed once, by a lost frame, is asked again within two more", () => {
  const { q, leader } = stage();
  let lost = 0;
  onMessage(q, "granted", (m, from) => {
    if (lost > 0 || from !== leader || m.group !== STALLED_GROUP || m.items.length === 0)
      return undefined;
    lost += 1;
    return LOST;
  });
  const reader = new Reader(q, EDGE, 5, 120_000);
  readOn(q, reader, 3_000);
  expect(lost).toBe(1);
  expect(fromStalled(reader)).toBeGreaterThanOrEqual(EACH - 5);
});

/** The link to one that died ends, and others are asked; of one that froze nobody hears anything. */
test.each([
  ["died", ({ world }: QuietWorld, node: number) => world.kill(node)],
  [
    "froze",
    ({ world }: QuietWorld, node: number) => {
      world.node(node).pausedUntilUs = world.queue.nowUs + 10_000_000;
    },
  ],
] as const)("a leader that %s is waited for once, not at every choice", (_, stop) => {
  const { q, leader } = stage();
  const others = [2, 3].filter((group) => leaderOf(q, group) !== leader);
  const reader = new Reader(q, EDGE, 5, 120_000);
  stop(q, leader);
  readOn(q, reader, 1_400);
  const alive = reader.items.filter(({ partitionId }) => others.includes(partitionId + 1));
  expect(alive.length).toBeGreaterThanOrEqual(others.length * EACH);
});
