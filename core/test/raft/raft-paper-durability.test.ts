// Crashes (Raft paper, section 5.5), what is durable when (D-52), the commit in a beat (D-58) and reads
// (section 6.4 of Ongaro's dissertation).

import { describe, expect, test } from "vitest";
import { confirmReads } from "../../src/raft/reads.js";
import { onBeatCommit, onBeatAnswered } from "../../src/raft/replication.js";
import { append, between, blocksOf, HEAD, RaftNet, repliesTo, vote } from "../support/raft-net.js";

const HEALTHY = { wallMs: 0, isStalled: false, needsProbe: false };

describe("5.5 crashes", () => {
  test("a follower that crashed before its sync has promised nothing", () => {
    const net = new RaftNet(3);
    const leader = net.elect(1, (l) => l.to !== 3 && l.from !== 3);
    const before = leader.group.commitIndex;
    leader.propose();
    leader.sync();
    net.deliver(between(1, 2));
    net.node(2).restart();
    expect(net.take(between(2, 1))).toEqual([]);
    expect(leader.group.commitIndex).toBe(before);
    leader.tick(net.settings.askTicks);
    net.settle();
    expect(leader.group.commitIndex).toBe(before + 1);
  });

  test("repeated requests do no harm: the same append and the same vote twice", () => {
    const net = new RaftNet(3);
    const leader = net.elect(1);
    leader.propose();
    leader.sync();
    const [letter] = net.take(between(1, 2));
    for (let i = 0; i < 3; i += 1) net.node(2).receive(1, letter.message);
    net.node(2).sync();
    const acks = repliesTo(net, 1).map((m) => m.kind === "append.reply" && [m.accepted, m.index]);
    expect(acks.slice(0, 3)).toEqual([
      [true, 2],
      [true, 2],
      [true, 2],
    ]);
    expect(net.node(2).terms).toEqual([1, 1]);
  });

  test("a duplicate of an append that is still in flight to the disk waits as well (seed-S42)", () => {
    const net = new RaftNet(3);
    const leader = net.elect(1);
    leader.propose();
    const [letter] = net.take(between(1, 2));
    const n = net.node(2);
    n.receive(1, letter.message);
    const write = n.submit();
    n.receive(1, letter.message);
    expect(net.take(between(2, 1))).toEqual([]);
    write.finish();
    expect(repliesTo(net, 1)).toMatchObject([{ index: 2 }, { index: 2 }]);
  });

  test("a repeated vote request while the vote is in flight waits as well (seed-S43)", () => {
    const net = new RaftNet(3);
    const n = net.node(2);
    n.receive(1, vote(3));
    const write = n.submit();
    n.receive(1, vote(3));
    expect(net.take(between(2, 1))).toEqual([]);
    write.finish();
    expect(repliesTo(net, 1)).toMatchObject([{ granted: true }, { granted: true }]);
  });

  test("a leader without a majority steps down (check-quorum)", () => {
    const net = new RaftNet(3);
    const leader = net.elect(1);
    leader.tick(net.settings.checkQuorumTicks);
    expect(leader.group.isLeader).toBe(true);
    leader.tick(2);
    expect(leader.group.role).toBe("follower");
  });
});

describe("what is durable (raft-D1 to raft-D4)", () => {
  test("a truncation lowers the durable index when it is issued", () => {
    const net = new RaftNet(3);
    const n = net.node(2);
    n.load([1, 1, 1], 1);
    expect(n.group.durableIndex).toBe(3);
    n.receive(1, append(2, { prevIndex: 1, prevTerm: 1, blocks: blocksOf([1, 2], 2) }));
    expect(n.terms).toEqual([1, 2]);
    expect(n.group.durableIndex).toBe(1);
    n.sync();
    expect(n.group.durableIndex).toBe(n.group.log.lastIndex);
  });

  test("a write that was in flight before the cut does not vouch for what came after it", () => {
    const net = new RaftNet(3);
    const n = net.node(2);
    n.load([1], 1);
    n.receive(1, append(2, { prevIndex: 1, prevTerm: 1, blocks: blocksOf([1, 2, 2], 2) }));
    const old = n.submit();
    n.receive(1, append(4, { prevIndex: 1, prevTerm: 1, blocks: blocksOf([1, 4], 2) }));
    expect([n.terms, n.group.durableIndex]).toEqual([[1, 4], 1]);
    old.finish();
    // The old write held index 2 and 3 of other terms.
    expect(n.group.durableIndex).toBe(1);
    n.sync();
    expect(n.group.durableIndex).toBe(2);
    n.restart();
    expect(n.terms).toEqual([1, 4]);
  });

  test("completions out of order are a broken invariant (D-40)", () => {
    const net = new RaftNet(1);
    net.elect(1);
    const { group } = net.node(1);
    expect(() => group.persisted(group.durableSeq + 1)).toThrow(/^R12/);
  });

  test("an acknowledgement released late carries what is durable then", () => {
    const net = new RaftNet(3);
    const leader = net.elect(1);
    leader.propose();
    leader.propose();
    const letters = net.take(between(1, 2));
    const n = net.node(2);
    n.receive(1, letters[0].message);
    const write = n.submit();
    n.receive(1, letters[1].message);
    write.finish();
    expect(repliesTo(net, 1)).toMatchObject([{ index: 2 }]);
    n.sync();
    expect(repliesTo(net, 1)).toMatchObject([{ index: 3 }]);
  });
});

describe("the commit in a beat (D-58)", () => {
  test("is clamped to what this term's leader validated here", () => {
    const net = new RaftNet(3);
    const n = net.node(2);
    n.load([1, 1, 1], 1);
    n.group.becomeFollower(2, 1);
    const item = { ...HEAD, term: 2, commit: 3 };
    expect(onBeatCommit(n.group, item)).toBe(true);
    expect(n.group.commitIndex).toBe(0);
    n.receive(1, append(2, { prevIndex: 2, prevTerm: 1 }));
    expect(onBeatCommit(n.group, item)).toBe(true);
    expect(n.group.commitIndex).toBe(2);
    // A new term starts without any validated prefix.
    n.group.becomeFollower(3, 3);
    expect(onBeatCommit(n.group, { ...item, term: 3 })).toBe(true);
    expect(n.group.commitIndex).toBe(2);
  });
});

describe("6.4 reads (dissertation)", () => {
  test("need a commit of the own term first (raft-E1)", () => {
    const net = new RaftNet(3);
    const leader = net.elect(1, (l) => l.message.kind !== "append");
    expect(leader.isReady).toBe(false);
    expect(() => leader.read(1, 1)).toThrow(/^R11/);
    net.take(() => true);
    leader.tick(net.settings.askTicks);
    net.settle();
    expect(leader.isReady).toBe(true);
    leader.read(1, 1);
    expect(leader.confirmed).toEqual([]);
  });

  test("are confirmed by a majority that vouched in a round that started after them", () => {
    const net = new RaftNet(5);
    const leader = net.elect(1);
    net.settle();
    const { group } = leader;
    onBeatAnswered(group, 2, { ...HEALTHY, round: 6 });
    leader.read(7, 42);
    onBeatAnswered(group, 3, { ...HEALTHY, round: 6 });
    confirmReads(group);
    expect(leader.confirmed).toEqual([]);
    onBeatAnswered(group, 2, { ...HEALTHY, round: 7 });
    confirmReads(group);
    expect(leader.confirmed).toEqual([]);
    onBeatAnswered(group, 3, { ...HEALTHY, round: 8 });
    confirmReads(group);
    expect(leader.confirmed).toEqual([{ index: group.commitIndex, read: 42 }]);
  });

  test("wait for the commit index of their arrival, in order", () => {
    const net = new RaftNet(3);
    const leader = net.elect(1);
    net.settle();
    leader.read(3, 1);
    leader.propose();
    net.settle();
    leader.read(4, 2);
    onBeatAnswered(leader.group, 2, { ...HEALTHY, round: 3 });
    confirmReads(leader.group);
    expect(leader.confirmed).toEqual([{ index: 1, read: 1 }]);
    onBeatAnswered(leader.group, 3, { ...HEALTHY, round: 9 });
    confirmReads(leader.group);
    expect(leader.confirmed).toEqual([
      { index: 1, read: 1 },
      { index: 2, read: 2 },
    ]);
  });
});
