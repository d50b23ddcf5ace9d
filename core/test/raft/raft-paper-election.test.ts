// Elections as the Raft paper has them (Ongaro and Ousterhout, extended version), each test under the
// section it proves. Section 9.6 is that of Ongaro's dissertation.

import { describe, expect, test } from "vitest";
import { InvariantViolation } from "../../src/lib/assert.js";
import {
  append,
  between,
  HEAD,
  kind,
  RaftNet,
  repliesTo,
  vote,
  type Letter,
} from "../support/raft-net.js";

describe("5.1 terms", () => {
  test("a replica that sees a larger term adopts it and follows, whatever it was", () => {
    const net = new RaftNet(3);
    const leader = net.elect(1);
    const { term } = leader.group;
    net.campaign(2);
    leader.receive(3, append(term + 3));
    expect([leader.group.role, leader.group.term]).toEqual(["follower", term + 3]);
    net.node(2).receive(3, append(term + 5));
    expect([net.node(2).group.role, net.node(2).group.term]).toEqual(["follower", term + 5]);
  });

  test("a leader that is told of a larger term by a reply steps down into it (raft-A14)", () => {
    const net = new RaftNet(3);
    const leader = net.elect(1);
    const reply = { kind: "vote.reply" as const, ...HEAD, term: 9, granted: false };
    leader.receive(2, reply);
    expect([leader.group.role, leader.group.term]).toEqual(["follower", 9]);
  });

  test("requests of an old term are refused with the newer term, and change nothing", () => {
    const net = new RaftNet(3);
    net.node(1).load([1, 4], 4);
    const { group } = net.node(1);
    net.node(1).receive(2, append(3, { prevIndex: 2, prevTerm: 4, commit: 2 }));
    net.node(1).receive(3, vote(3, 9, 9));
    net.node(1).sync();
    expect(repliesTo(net, 2)).toMatchObject([{ kind: "append.reply", accepted: false, term: 4 }]);
    expect(repliesTo(net, 3)).toMatchObject([{ kind: "vote.reply", granted: false, term: 4 }]);
    expect([group.term, group.vote, group.commitIndex, group.leader]).toEqual([4, 0, 0, 0]);
  });

  test("terms never fall, across a restart either", () => {
    const net = new RaftNet(3);
    net.elect(1);
    const { term } = net.node(2).group;
    net.node(2).restart();
    expect(net.node(2).group.term).toBe(term);
    expect(() => net.node(2).group.setTerm(term - 1, 0)).toThrow(InvariantViolation);
  });
});

describe("5.2 leader election", () => {
  test("a follower campaigns when it hears nothing for its timeout, not before", () => {
    const net = new RaftNet(3);
    const n = net.node(1);
    n.tick(n.group.electionTimeout - 1);
    expect([n.group.role, net.letters.length]).toEqual(["follower", 0]);
    n.tick();
    expect(n.group.role).toBe("pre-candidate");
  });

  test("timeouts are spread over the configured range and differ between nodes and terms", () => {
    const net = new RaftNet(5);
    const seen = new Set<number>();
    for (const n of net.nodes) {
      for (let i = 0; i < 100; i += 1) {
        n.group.campaignToken += 1;
        const timeout = n.group.drawElectionTimeout();
        expect(timeout).toBeGreaterThanOrEqual(10);
        expect(timeout).toBeLessThanOrEqual(20);
        seen.add(timeout);
      }
    }
    expect(seen.size).toBe(11);
    const first = net.nodes.map((n) => n.group.electionTimeout);
    expect(new Set(first).size).toBeGreaterThan(1);
  });

  test("contact with the leader restarts the timeout", () => {
    const net = new RaftNet(3);
    const leader = net.elect(1);
    const follower = net.node(2);
    follower.tick(9);
    follower.receive(1, append(leader.group.term));
    expect(follower.group.electionTicks).toBe(0);
  });

  test("a refused candidate does not restart it (raft-A12)", () => {
    const net = new RaftNet(3);
    net.node(2).load([1, 2], 2);
    const { group } = net.node(2);
    group.electionTicks = 8;
    net.node(2).receive(3, vote(7, 1, 9));
    net.node(2).sync();
    expect(repliesTo(net, 3)).toMatchObject([{ granted: false, term: 7 }]);
    expect([group.term, group.electionTicks]).toEqual([7, 8]);
  });

  test("a candidate asks in a new term and votes for itself once that is synced, not before", () => {
    const net = new RaftNet(3);
    const n = net.node(1);
    net.campaign(1);
    net.deliver();
    net.deliver();
    expect([n.group.role, n.group.term, n.group.vote]).toEqual(["candidate", 1, 1]);
    expect([n.group.votes.size, net.take(kind("vote")).length]).toEqual([0, 0]);
    n.sync();
    expect([...n.group.votes]).toEqual([1]);
    expect(net.letters.map((l) => [l.message.kind, l.to])).toEqual([
      ["vote", 2],
      ["vote", 3],
    ]);
  });

  test.each([
    [1, 0],
    [3, 1],
    [5, 2],
  ])(
    "of %i voters the votes of %i others and the own one win, one less does not",
    (size, others) => {
      for (const granted of [others - 1, others]) {
        const net = new RaftNet(size);
        const n = net.node(1);
        n.group.becomeFollower(1, 0);
        net.campaign(1);
        if (size > 1) {
          net.deliver(kind("pre-vote"));
          net.deliver(kind("pre-vote.reply"));
        }
        n.sync();
        for (let i = 0; i < granted; i += 1) {
          const reply = { kind: "vote.reply" as const, ...HEAD, term: n.group.term, granted: true };
          n.receive(2 + i, reply);
        }
        if (granted >= 0) expect(n.group.isLeader).toBe(granted === others);
      }
    },
  );

  test("a vote counts once, however often its reply arrives (seed-S03)", () => {
    const net = new RaftNet(5);
    const n = net.node(1);
    net.campaign(1);
    net.deliver();
    net.deliver();
    n.sync();
    const reply = { kind: "vote.reply" as const, ...HEAD, term: 1, granted: true };
    for (let i = 0; i < 4; i += 1) n.receive(2, reply);
    expect(n.group.role).toBe("candidate");
    n.receive(3, { ...reply, term: 0 });
    n.receive(4, { ...reply, granted: false });
    expect(n.group.role).toBe("candidate");
    n.receive(3, reply);
    expect(n.group.role).toBe("leader");
  });

  test("one vote per term, first come first served, across a restart too (R1)", () => {
    const net = new RaftNet(3);
    const n = net.node(3);
    n.receive(1, vote(4));
    n.receive(2, vote(4));
    n.sync();
    n.restart();
    n.receive(2, vote(4));
    n.receive(1, vote(4));
    n.sync();
    expect(repliesTo(net, 1).map((m) => "granted" in m && m.granted)).toEqual([true, true]);
    expect(repliesTo(net, 2).map((m) => "granted" in m && m.granted)).toEqual([false, false]);
  });

  test("an append of the same term does not give the vote back (seed-S01)", () => {
    const net = new RaftNet(3);
    const n = net.node(3);
    n.receive(1, vote(4));
    n.receive(1, append(4));
    expect(n.group.vote).toBe(1);
    n.group.leader = 0;
    n.receive(2, vote(4));
    n.sync();
    expect(repliesTo(net, 2)).toMatchObject([{ granted: false }]);
  });

  test("a candidate follows a leader of its own term", () => {
    const net = new RaftNet(3);
    const n = net.node(1);
    net.campaign(1);
    net.deliver();
    net.deliver();
    expect(n.group.role).toBe("candidate");
    n.receive(2, append(1));
    expect([n.group.role, n.group.leader, n.group.vote]).toEqual(["follower", 2, 1]);
  });

  test("a split vote ends in another election, in a new term", () => {
    const net = new RaftNet(2);
    for (const n of net.nodes) net.campaign(n.self);
    net.deliver();
    net.deliver();
    net.sync();
    net.deliver();
    net.sync();
    net.deliver();
    expect(net.nodes.map((n) => n.group.role)).toEqual(["candidate", "candidate"]);
    const leader = net.elect(1);
    expect(leader.group.term).toBe(2);
  });

  test("two leaders in one term are a broken invariant (R1)", () => {
    const net = new RaftNet(3);
    const leader = net.elect(1);
    expect(() => leader.receive(2, append(leader.group.term))).toThrow(/^R1/);
  });
});

describe("9.6 pre-vote (dissertation)", () => {
  test("changes nothing at the one that is asked", () => {
    const net = new RaftNet(3);
    const n = net.node(2);
    n.group.electionTicks = 7;
    net.campaign(1);
    net.deliver(between(1, 2));
    const { term, vote: own, electionTicks, isDirty, role } = n.group;
    expect([term, own, electionTicks, isDirty, role]).toEqual([0, 0, 7, false, "follower"]);
    expect(repliesTo(net, 1)).toMatchObject([{ granted: true, term: 1, ownTerm: 0 }]);
  });

  test("is refused by one that hears a leader, so that a node cut off disturbs nobody", () => {
    const net = new RaftNet(3);
    const leader = net.elect(1);
    const { term } = leader.group;
    for (let i = 0; i < 5; i += 1) net.campaign(3);
    net.settle();
    expect([leader.group.isLeader, leader.group.term]).toEqual([true, term]);
    expect(net.node(3).group.role).toBe("pre-candidate");
    // The very vote request is ignored as well.
    net.node(2).receive(3, vote(term + 1, 9, 9));
    expect([net.node(2).group.term, net.letters.length]).toEqual([term, 0]);
  });

  test("a refusal that names a larger term is adopted, so that elections go on (raft-A11)", () => {
    const net = new RaftNet(3);
    net.node(2).load([1], 8);
    net.node(3).load([1], 8);
    net.campaign(1);
    net.deliver();
    net.deliver();
    expect([net.node(1).group.role, net.node(1).group.term]).toEqual(["follower", 8]);
  });

  test("replies to an earlier campaign count for nothing", () => {
    const net = new RaftNet(3);
    const n = net.node(1);
    net.campaign(1);
    const late = net.take(kind("pre-vote"));
    for (const l of late) net.node(l.to).receive(1, l.message);
    const old = net.take(kind("pre-vote.reply"));
    net.campaign(1);
    for (const l of old) n.receive(l.from, l.message);
    expect(n.group.role).toBe("pre-candidate");
  });
});

describe("5.4.1 election restriction", () => {
  test.each([
    ["a larger last term wins over a longer log", [1, 1, 1], [2], true],
    ["a longer log of the same term wins", [2, 2], [2, 2, 2], true],
    ["an equal log is good enough", [1, 2], [1, 2], true],
    ["a shorter log of the same term loses", [2, 2], [2], false],
    ["a longer log of a smaller term loses (raft-A5)", [2], [1, 1, 1], false],
  ])("%s", (_, own, candidate, granted) => {
    const net = new RaftNet(3);
    net.node(2).load(own, 2);
    const last = candidate.length;
    net.node(2).receive(1, vote(5, candidate[last - 1], last));
    net.node(2).sync();
    expect(repliesTo(net, 1)).toMatchObject([{ kind: "vote.reply", granted, term: 5 }]);
    const ask = { kind: "pre-vote" as const, ...HEAD, term: 6, token: 1 };
    net.node(2).receive(1, { ...ask, lastTerm: candidate[last - 1], lastIndex: last });
    expect(repliesTo(net, 1)).toMatchObject([{ kind: "pre-vote.reply", granted }]);
  });

  test("so a committed entry is in the log of every later leader (R3)", () => {
    const net = new RaftNet(3);
    const leader = net.elect(1, (l) => l.to !== 3 && l.from !== 3);
    const index = leader.propose();
    net.settle((l) => l.to !== 3 && l.from !== 3);
    expect(leader.group.commitIndex).toBe(index);
    // The old leader is gone; the one without the entry cannot win, the one with it can.
    const noOne: (l: Letter) => boolean = (l) => l.to !== 1 && l.from !== 1;
    expect(() => net.elect(3, noOne)).toThrow("must lead");
    expect(net.elect(2, noOne).group.log.lastIndex).toBeGreaterThanOrEqual(index);
  });
});
