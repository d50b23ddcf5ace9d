// Handing over leadership (D-90; Ongaro's dissertation, section 3.10): a leader whose disk is stalled asks
// its best follower with a healthy disk to campaign at once.

import { expect, test } from "vitest";
import { onVote } from "../../src/raft/election.js";
import { onBeatAnswered } from "../../src/raft/replication.js";
import { between, kind, RaftNet, repliesTo, vote, type RaftNode } from "../support/raft-net.js";

/** A leader with a stalled disk that heard from these followers that theirs are healthy. */
function stalledLeader(net: RaftNet, healthy: readonly number[]): RaftNode {
  const leader = net.elect(1);
  leader.isStalled = true;
  hear(leader, healthy);
  return leader;
}

function hear(leader: RaftNode, healthy: readonly number[]): void {
  for (const peer of leader.group.progress.keys()) {
    const isStalled = !healthy.includes(peer);
    onBeatAnswered(leader.group, peer, { round: 0, wallMs: 0, isStalled, needsProbe: false });
  }
}

test("the follower that it asks leads without a pre-vote, although all still hear the old leader", () => {
  const net = new RaftNet(3);
  const leader = stalledLeader(net, [2, 3]);
  const { term } = leader.group;
  // One tick may come right before the completion of the write.
  leader.tick();
  expect(net.letters).toEqual([]);
  leader.tick();
  expect(net.letters.map(({ to, message }) => [to, message.kind])).toEqual([[2, "timeout-now"]]);
  const pre = kind("pre-vote");
  net.settle((l) => !pre(l));
  expect(net.nodes.map((n) => [n.group.role, n.group.term])).toEqual([
    ["follower", term + 1],
    ["leader", term + 1],
    ["follower", term + 1],
  ]);
});

test("only a transfer is granted by voters that hear a leader", () => {
  const net = new RaftNet(3);
  const { group } = stalledLeader(net, []);
  const ask = vote(group.term + 1, group.log.lastTerm, group.log.lastIndex);
  onVote(net.node(3).group, 2, ask);
  expect(net.node(3).group.term).toBe(group.term);
  onVote(net.node(3).group, 2, { ...ask, isTransfer: true });
  net.sync();
  expect(repliesTo(net, 2)).toMatchObject([{ term: group.term + 1, granted: true }]);
});

test("it waits for a follower that lacks entries, but not for ever", () => {
  const net = new RaftNet(3);
  const leader = stalledLeader(net, [2, 3]);
  leader.propose();
  net.take(() => true);
  const half = net.settings.electionTicksMin / 2;
  leader.tick(half - 1);
  expect(net.take(kind("timeout-now"))).toEqual([]);
  leader.tick();
  expect(net.take(kind("timeout-now"))).toHaveLength(1);
});

test("what does not happen within an election timeout ends in stepping down", () => {
  const net = new RaftNet(3);
  const leader = stalledLeader(net, [2, 3]);
  const { term } = leader.group;
  for (let i = 0; i < net.settings.electionTicksMin; i += 1) {
    leader.tick();
    hear(leader, [2, 3]);
    net.take(kind("timeout-now"));
  }
  expect(leader.group.role).toBe("leader");
  leader.tick();
  expect([leader.group.role, leader.group.leader, leader.group.term]).toEqual([
    "follower",
    0,
    term,
  ]);
});

test("without a majority of healthy disks it stays", () => {
  const net = new RaftNet(5);
  const leader = stalledLeader(net, [2, 4]);
  for (let i = 0; i < 3 * net.settings.electionTicksMin; i += 1) {
    leader.tick();
    hear(leader, [2, 4]);
  }
  expect(net.take(kind("timeout-now"))).toEqual([]);
  expect(leader.group.role).toBe("leader");
});

test("nobody who is stalled, behind or of another term takes over", () => {
  const net = new RaftNet(3);
  const leader = stalledLeader(net, [2, 3]);
  const { term } = leader.group;
  leader.tick(2);
  const [asked] = net.take(between(1, 2));
  net.node(2).isStalled = true;
  net.node(2).receive(1, asked.message);
  expect(net.node(2).group.role).toBe("follower");
  net.node(2).isStalled = false;
  net.node(2).receive(3, asked.message);
  expect(net.node(2).group.role).toBe("follower");
  net.node(2).receive(1, asked.message);
  expect([net.node(2).group.role, net.node(2).group.term]).toEqual(["candidate", term + 1]);
  // Asked once more: it has begun.
  net.node(2).receive(1, asked.message);
  expect(net.node(2).group.term).toBe(term + 1);
});

test("dec-90e: who takes over names no leader meanwhile, and does not refuse others for the old one's sake", () => {
  const net = new RaftNet(3);
  const leader = stalledLeader(net, [2, 3]);
  leader.tick(2);
  net.deliver(kind("timeout-now"));
  const { group } = net.node(2);
  expect([group.role, group.leader]).toEqual(["candidate", 0]);
  const { lastTerm, lastIndex } = group.log;
  net.node(2).receive(3, vote(group.term + 1, lastTerm, lastIndex));
  net.sync();
  expect(repliesTo(net, 3)).toMatchObject([{ term: group.term, granted: true }]);
});
