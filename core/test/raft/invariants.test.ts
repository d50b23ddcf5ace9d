// Each invariant of the state holders is seen to fire: the state is broken by hand, as no step may leave it.

import { describe, expect, test } from "vitest";
import type { RaftLog } from "../../src/raft/log.js";
import type { Progress } from "../../src/raft/progress.js";
import type { RaftGroup } from "../../src/raft/group.js";
import { RaftNet, type RaftNode } from "../support/raft-net.js";

interface State {
  readonly net: RaftNet;
  readonly leader: RaftNode;
  readonly g: RaftGroup;
  readonly follower: RaftGroup;
}

/** A leader with entries on their way to both followers; one of them has acknowledged some. */
function state(): State {
  const net = new RaftNet(3);
  const leader = net.elect(1);
  leader.propose();
  net.settle();
  leader.propose();
  leader.propose();
  net.take(() => true);
  leader.sync();
  return { net, leader, g: leader.group, follower: net.node(2).group };
}

/** What is private in a holder. */
function inside(holder: object): Record<string, unknown> {
  return holder as Record<string, unknown>;
}

function progressOf(g: RaftGroup): Progress {
  const p = g.progress.get(2);
  if (!p) throw new Error("the leader must know of n2");
  return p;
}

test("what steps leave is legal", () => {
  const { net } = state();
  for (const { group } of net.nodes) group.assertInvariants();
  net.node(3).tick(30);
  net.campaign(2);
  for (const { group } of net.nodes) group.assertInvariants();
});

type Break = readonly [id: string, what: string, break_: (s: State) => void];

const LEADER: readonly Break[] = [
  ["GRP1", "the vote is nobody's", ({ g }) => (g.vote = 9)],
  ["GRP1", "a later term is synced", ({ g }) => (g.durableTerm = g.term + 1)],
  ["GRP1", "another vote is synced", ({ g }) => (g.durableVote = 3)],
  ["GRP2", "applied what is not committed", ({ g }) => (g.appliedIndex = g.commitIndex + 1)],
  ["GRP2", "committed beyond the log", ({ g }) => (g.commitIndex = g.log.lastIndex + 1)],
  ["GRP2", "durable beyond the log", ({ g }) => (g.durableIndex = g.log.lastIndex + 1)],
  ["GRP2", "validated beyond the log", ({ g }) => (g.validatedIndex = g.log.lastIndex + 1)],
  ["GRP3", "it follows another", ({ g }) => (g.leader = 2)],
  ["GRP3", "it voted for another", ({ g }) => ([g.vote, g.durableVote] = [2, 2])],
  ["GRP4", "ready before its own term", ({ g }) => (g.termStartIndex = g.commitIndex + 1)],
  ["GRP5", "a voter is unknown", ({ g }) => g.progress.delete(3)],
  ["GRP5", "its term has another beginning", ({ g }) => (g.termStartIndex = 0)],
  ["GRP6", "a persist is forgotten", ({ g }) => (g.issuedSeq += 1)],
  ["GRP6", "its term is nowhere written", ({ g }) => (g.durableTerm -= 1)],
  [
    "GRP6",
    "a block is not written",
    ({ leader, g }) => {
      leader.propose();
      g.isDirty = false;
    },
  ],
  ["PRG2", "match is not below next", ({ g }) => (progressOf(g).match = progressOf(g).next)],
  ["PRG2", "next is beyond the log", ({ g }) => (progressOf(g).next = g.log.lastIndex + 2)],
  ["PRG3", "entries leave in a probe", ({ g }) => (progressOf(g).isProbing = true)],
  [
    "PRG3",
    "too much is in flight",
    ({ g }) => {
      const p = progressOf(g);
      while (p.inflight.length < 5) p.inflight.push(p.inflight[0]);
    },
  ],
  [
    "PRG4",
    "the window does not count it",
    ({ g }) => {
      inside(progressOf(g)).window = { bytes: 1 };
    },
  ],
  [
    "PRG5",
    "an append is missing in between",
    ({ leader, g }) => {
      leader.propose();
      progressOf(g).inflight.splice(1, 1);
    },
  ],
  ["PRG5", "numbers do not rise", ({ g }) => void progressOf(g).inflight.reverse()],
  ["PRG5", "next goes on elsewhere", ({ g }) => (progressOf(g).next -= 1)],
  ["PRG6", "a new run began long ago", ({ g }) => (progressOf(g).isRunNew = true)],
  ["PRG6", "a probe is out and nobody probes", ({ g }) => (progressOf(g).isProbeSent = true)],
];

const FOLLOWER: readonly Break[] = [
  [
    "GRP1",
    "its log is of a later term",
    ({ follower }) => ([follower.term, follower.durableTerm] = [0, 0]),
  ],
  ["GRP3", "it follows itself", ({ follower }) => (follower.leader = follower.self)],
  [
    "GRP3",
    "a candidate follows somebody",
    ({ follower }) => {
      follower.role = "candidate";
      follower.vote = follower.self;
      follower.durableVote = follower.self;
    },
  ],
  [
    "GRP3",
    "a candidate voted for another",
    ({ follower }) => {
      follower.role = "candidate";
      follower.leader = 0;
    },
  ],
  ["GRP3", "a pre-candidate follows somebody", ({ follower }) => (follower.role = "pre-candidate")],
  ["GRP4", "it is ready", ({ follower }) => (follower.isReady = true)],
  [
    "GRP4",
    "it has reads waiting",
    ({ follower }) => {
      follower.pendingReads.push({ index: 1, round: 1, read: 1 });
    },
  ],
  [
    "GRP4",
    "it hands over",
    ({ g, follower }) => {
      follower.handover = { ticks: 0, target: progressOf(g) };
    },
  ],
  ["GRP4", "its appends are on their way", ({ g, follower }) => (follower.progress = g.progress)],
  [
    "LOG2",
    "a block is behind the end",
    ({ follower }) => {
      inside(follower.log).end = 1;
      [follower.durableIndex, follower.commitIndex, follower.validatedIndex] = [1, 0, 0];
      const write = { seq: follower.durableSeq + 1, term: 1, vote: 1, lastIndex: 1 };
      inside(follower).issued = [write];
      follower.issuedSeq += 1;
    },
  ],
  ["LOG4", "bytes are not counted", ({ follower }) => (follower.log.heldBytes += 1)],
];

describe.each([
  ["leader", LEADER, (s: State) => s.g],
  ["follower", FOLLOWER, (s: State) => s.follower],
] as const)("a %s", (_, breaks, of) => {
  test.each(breaks)("%s: %s", (id, _what, break_) => {
    const s = state();
    of(s).assertInvariants();
    break_(s);
    expect(() => of(s).assertInvariants()).toThrow(new RegExp(`^${id}: `));
  });
});

describe("a log", () => {
  function log(): RaftLog {
    const { follower, net } = state();
    net.settle();
    return follower.log;
  }

  const breaks: readonly [
    id: string,
    what: string,
    break_: (table: Columns, log: RaftLog) => void,
  ][] = [
    ["LOG1", "what holds blocks has no end", (_, l) => (inside(l).end = 0)],
    ["LOG1", "the first block is not the first", ({ firsts }) => (firsts[0] = 2)],
    ["LOG1", "two blocks begin at one place", ({ firsts }) => (firsts[1] = 1)],
    ["LOG3", "terms fall", ({ terms }) => (terms[0] = 7)],
    [
      "LOG4",
      "a block of the tail is lost",
      (_, l) => ((inside(l).tail as unknown[])[1] = undefined),
    ],
    ["LOG4", "the tail ends too early", (_, l) => (inside(l).tail as unknown[]).pop()],
    ["LOG4", "more is evicted than there is", (_, l) => (inside(l).evictedBelow = 99)],
    ["LOG4", "an evicted block is held", (_, l) => (inside(l).evictedBelow = 1)],
    ["LOG4", "the bytes are another block's", ({ sizes }) => (sizes[1] += 1)],
  ];

  interface Columns {
    readonly firsts: Float64Array;
    readonly terms: Uint32Array;
    readonly sizes: Uint32Array;
  }

  test.each(breaks)("%s: %s", (id, _what, break_) => {
    const l = log();
    l.assertInvariants();
    const { pages } = inside(l).table as { pages: Columns[] };
    break_(pages[0], l);
    expect(() => l.assertInvariants()).toThrow(new RegExp(`^${id}: `));
  });

  test("only the newest blocks are looked at where that is asked for", () => {
    const { follower, leader, net } = state();
    leader.propose();
    net.settle();
    const l = follower.log;
    expect(l.blockCount).toBeGreaterThan(2);
    const { pages } = inside(l).table as { pages: Columns[] };
    pages[0].terms[0] = 7;
    // The tail is, unless nothing is.
    l.assertInvariants(0);
    expect(() => l.assertInvariants(1)).toThrow(/^LOG4/);
    expect(() => l.assertInvariants(l.blockCount)).toThrow(/^LOG3/);
  });
});
