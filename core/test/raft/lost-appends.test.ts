// Who knows what was lost (D-90): the link says what it dropped, the follower says what it missed, and
// nothing else makes a leader send an entry again.

import { expect, test } from "vitest";
import {
  linkDown,
  linkRoom,
  linkUp,
  onBeatAnswered,
  refilled,
} from "../../src/raft/replication.js";
import type { Append } from "../../src/wire/messages.js";
import {
  append,
  between,
  blocksOf,
  HEAD,
  kind,
  RaftNet,
  repliesTo,
  type Letter,
  type RaftNode,
} from "../support/raft-net.js";

const appends = (letters: readonly Letter[]): Append[] =>
  letters.flatMap(({ message }) => (message.kind === "append" ? [message] : []));
/** The entries that appends carry: here each block holds one. */
const sent = (letters: readonly Letter[]): number[] =>
  appends(letters).flatMap((m) => m.blocks.map((_, i) => m.prevIndex + 1 + i));

/** A leader of three whose followers hold entry 1, its first of the term; what it then sends stays in the net. */
function settled(settings = {}): { net: RaftNet; leader: RaftNode } {
  const net = new RaftNet(3, { inflightAppendsMax: 8, checkQuorumTicks: 1_000, ...settings });
  const leader = net.elect(1);
  net.settle();
  return { net, leader };
}

test("entries wait for a slow follower as long as its link stays up", () => {
  const { net, leader } = settled({ askTicks: 50 });
  for (let i = 0; i < 4; i += 1) leader.propose();
  expect(sent(net.take(between(1, 2)))).toEqual([2, 3, 4, 5]);
  leader.tick(49);
  expect(sent(net.take(between(1, 2)))).toEqual([]);
  // The last resort asks, and carries nothing.
  leader.tick();
  const asked = appends(net.take(between(1, 2)));
  expect(asked.map(({ prevIndex, blocks, isStart }) => [prevIndex, blocks, isStart])).toEqual([
    [5, [], false],
  ]);
});

test("a follower that missed an append says which, once is enough, and gets the rest from there", () => {
  const { net, leader } = settled();
  for (let i = 0; i < 6; i += 1) leader.propose();
  const lost = between(1, 2);
  let seen = 0;
  // The second and the third of six get lost.
  net.take((l) => lost(l) && ++seen >= 2 && seen <= 3);
  net.deliver(lost);
  const answers = net.take(kind("append.untaken"));
  const dropped = leader.dropped.length;
  expect(answers.map(({ message }) => message)).toMatchObject([
    { next: 4, seq: 6 },
    { next: 4, seq: 7 },
    { next: 4, seq: 8 },
  ]);
  for (const { message } of answers) leader.receive(2, message);
  expect(sent(net.take(between(1, 2)))).toEqual([3, 4, 5, 6, 7]);
  // What still waits here of the run before is not sent in the place of these.
  expect(leader.dropped.slice(dropped)).toEqual([2]);
});

test("over a full link nothing is sent; with room the follower is asked what it missed", () => {
  const { net, leader } = settled();
  leader.propose();
  leader.propose();
  const onTheWay = net.take(between(1, 2));
  leader.shut.add(2);
  leader.propose();
  leader.tick(20);
  expect(appends(net.take(between(1, 2)))).toEqual([]);
  // The first arrived, the second was dropped by the link.
  net.node(2).receive(1, onTheWay[0].message);
  leader.shut.delete(2);
  linkRoom(leader.group, 2);
  net.deliver(between(1, 2));
  expect(repliesTo(net, 2)).toEqual([]);
  net.deliver(kind("append.untaken"));
  expect(sent(net.take(between(1, 2)))).toEqual([3, 4]);
});

test("with room and nothing missed not a byte is repeated", () => {
  const { net, leader } = settled();
  leader.propose();
  net.deliver(between(1, 2));
  linkRoom(leader.group, 2);
  leader.propose();
  const all = net.take(between(1, 2));
  expect(sent(all)).toEqual([3]);
  for (const { message } of all) net.node(2).receive(1, message);
  expect(net.take(kind("append.untaken"))).toEqual([]);
  net.settle();
  expect(net.node(2).terms).toEqual(leader.terms);
});

test("at down everything in flight counts as unsent; a new life begins with one empty probe", () => {
  const { net, leader } = settled();
  for (let i = 0; i < 3; i += 1) leader.propose();
  net.take(between(1, 2));
  linkDown(leader.group, 2);
  leader.shut.add(2);
  leader.tick(20);
  leader.propose();
  expect(net.take(between(1, 2))).toEqual([]);
  leader.shut.delete(2);
  linkUp(leader.group, 2);
  const probes = net.letters.filter(between(1, 2));
  expect(appends(probes).map((m) => [m.prevIndex, m.blocks, m.isStart])).toEqual([[1, [], true]]);
  net.settle();
  expect(net.node(2).terms).toEqual(leader.terms);
});

test("who cannot take an append is probed, empty, with each beat until it can", () => {
  const { net, leader } = settled();
  leader.propose();
  const [letter] = net.take(between(1, 2));
  const { seq, term } = appends([letter])[0];
  leader.receive(2, { kind: "append.untaken", ...HEAD, term, seq, next: 0 });
  for (let beat = 0; beat < 5; beat += 1) {
    expect(net.take(between(1, 2))).toEqual([]);
    leader.tick(net.settings.probeTicks);
    const probes = appends(net.take(between(1, 2)));
    expect(probes.map((m) => [m.prevIndex, m.blocks])).toEqual([[1, []]]);
  }
  leader.tick(net.settings.probeTicks);
  net.settle();
  expect(net.node(2).terms).toEqual(leader.terms);
});

test("refusals and gaps of an earlier run change nothing", () => {
  const { net, leader } = settled();
  leader.propose();
  const { seq, term } = appends(net.take(between(1, 2)))[0];
  linkDown(leader.group, 2);
  linkUp(leader.group, 2);
  net.settle();
  leader.propose();
  net.take(between(1, 2));
  leader.receive(2, { kind: "append.untaken", ...HEAD, term, seq, next: 1 });
  const refusal = { accepted: false, index: 1, prevIndex: 5, wallMs: 0 };
  leader.receive(2, { kind: "append.reply", ...HEAD, term, seq, ...refusal });
  expect(net.take(between(1, 2))).toEqual([]);
});

test("numbers begin anew with each leader; an old copy is taken as before", () => {
  const net = new RaftNet(3);
  const follower = net.node(2);
  const blocks = blocksOf([1, 1, 1], 1);
  follower.receive(1, append(1, { seq: 7 }));
  follower.receive(1, append(1, { seq: 9, isStart: false, blocks: blocks.slice(0, 1) }));
  expect(net.take(kind("append.untaken"))[0].message).toMatchObject({ seq: 9, next: 8 });
  follower.receive(1, append(1, { seq: 8, isStart: false, blocks }));
  follower.receive(1, append(1, { seq: 8, isStart: false, blocks }));
  expect([follower.terms, net.take(kind("append.untaken"))]).toEqual([[1, 1, 1], []]);
  follower.receive(3, append(2, { seq: 1, prevIndex: 3, prevTerm: 1 }));
  follower.sync();
  expect(repliesTo(net, 3)).toMatchObject([{ accepted: true, seq: 1 }]);
});

test("a beat's answer that names less than was sent is no gap while that is on its way", () => {
  const { net, leader } = settled();
  for (let i = 0; i < 3; i += 1) leader.propose();
  const onTheWay = net.take(between(1, 2));
  expect(sent(onTheWay)).toEqual([2, 3, 4]);
  const behind = { round: 1, wallMs: 0, isStalled: false, needsProbe: true };
  // The beat overtook the appends: nothing is asked and nothing sent twice.
  onBeatAnswered(leader.group, 2, behind);
  expect(appends(net.take(between(1, 2)))).toEqual([]);
  for (const { message } of onTheWay) net.node(2).receive(1, message);
  net.settle();
  // With nothing on its way the follower is asked, empty, from what it holds for certain.
  onBeatAnswered(leader.group, 2, behind);
  expect(appends(net.take(between(1, 2)))).toMatchObject([{ prevIndex: 4, blocks: [] }]);
});

/** Two of three hold entries 1 to 5; then the disk of n2 is put back to entry 3, in the same term (rev-F4). */
function putBack(): { net: RaftNet; leader: RaftNode; settle: () => void } {
  const { net, leader } = settled();
  const without3 = ({ from, to }: Letter): boolean => from !== 3 && to !== 3;
  for (let i = 0; i < 4; i += 1) leader.propose();
  const settle = (): void => net.settle(without3);
  settle();
  expect([leader.group.commitIndex, leader.group.progress.get(2)?.match]).toEqual([5, 5]);
  const n = net.node(2);
  for (const first of [4, 5]) n.disk.delete(first);
  n.hardState = { ...n.hardState, lastIndex: 3 };
  n.restart();
  linkUp(leader.group, 2);
  return { net, leader, settle };
}

test("a follower that lost what it had acknowledged is repaired, and the group goes on (D-88)", () => {
  const { net, leader, settle } = putBack();
  settle();
  expect(net.node(2).terms).toEqual(leader.terms);
  expect(leader.group.progress.get(2)?.held).toBe(5);
  leader.propose();
  settle();
  expect(leader.group.commitIndex).toBe(6);
});

test("until it is repaired it does not count, whatever it had said before (D-88)", () => {
  const { net, leader } = putBack();
  const p = leader.group.progress.get(2);
  const term = { kind: "append.reply" as const, ...HEAD, term: leader.group.term, wallMs: 0 };
  const early = { ...term, seq: 1, accepted: true, prevIndex: 0 };
  net.deliver(between(1, 2));
  net.deliver(between(2, 1));
  expect([p?.match, p?.held]).toEqual([5, 0]);
  leader.propose();
  leader.sync();
  // Late, of the log as it was; and then of what it has now.
  leader.receive(2, { ...early, index: 6 });
  expect([p?.held, leader.group.commitIndex]).toEqual([0, 5]);
  // Its link falls meanwhile: what it lost is still not counted on.
  net.take(() => true);
  linkUp(leader.group, 2);
  leader.receive(2, { ...early, seq: p?.runSeq ?? 0, index: 3, prevIndex: 3 });
  expect([p?.match, p?.held, leader.group.commitIndex]).toEqual([5, 3, 5]);
  leader.receive(2, { ...early, seq: p?.runSeq ?? 0, index: 6, prevIndex: 3 });
  expect([p?.match, p?.held, leader.group.commitIndex]).toEqual([6, 6, 6]);
});

/**
 * Seed 1699: what was read from disk for a follower left in one append of 1 MB, over a link that takes so much only
 * while nothing else is on it; what follows an append is always on it.
 */
test("what was read from disk is divided like what was in memory", () => {
  const { net, leader } = settled();
  net.take(() => true);
  const g = leader.group;
  const p = g.progress.get(2);
  const first = g.log.lastIndex + 1;
  for (let i = 0; i < 6; i += 1) leader.propose();
  net.take(() => true);
  const read = [0, 1, 2, 3, 4, 5].flatMap((i) => g.log.blockAt(first + i) ?? []);
  const bytes = read.map((block) => block.bytes.length);
  Object.assign(g.settings, { appendBytesMax: bytes[0] + bytes[1] });
  if (!p) throw new Error("node 2 is no follower");
  p.rewind(first);
  p.isFetching = true;
  refilled(g, 2, first, read);
  leader.carryOut();
  const sizes = appends(net.take(between(1, 2))).map(({ blocks }) => blocks.length);
  expect(sizes).toEqual([2, 2, 2]);
});
