// Each invariant of what the parts of a host share is seen to fire: the state is broken by hand.

import { expect, test } from "vitest";
import { Budgets } from "../../src/member/budgets.js";
import { DEFAULT_LIMITS } from "../../src/member/config.js";
import { DueGroups } from "../../src/member/due-groups.js";
import { InHand } from "../../src/member/in-hand.js";
import { Outbox } from "../../src/member/outbox.js";
import { Replica, type GroupMachine, type PendingRead } from "../../src/member/replica.js";
import type { RaftGroup } from "../../src/raft/group.js";
import { foundingOf, HostRig } from "../support/host-rig.js";
import { vote } from "../support/raft-net.js";

const INTENT = { intent: new Uint8Array(5), isEnqueue: false, rows: 1, leases: 0 } as const;
const QUEUED = { ...INTENT, origin: { type: "none" } } as const;
const NAME = { edge: 1, edgeIncarnation: 1, requestId: 1 };
const READ: PendingRead = { ...NAME, attempt: 1, action: { type: "barrier" }, index: 0 };
const CREDITS = { edge: 1, edgeIncarnation: 1, stream: 1, round: 1, n: 1 };
const STANDING = { ...CREDITS, visibilityMs: 1, serial: 1, seenMs: 1 };

function replica(role: "leader" | "follower"): Replica {
  const isLeader = role === "leader";
  const raft = { id: 1, role, isLeader, isReady: isLeader, term: 3 } as unknown as RaftGroup;
  return new Replica(raft, {} as unknown as GroupMachine);
}

test("a replica that does what its role does is legal", () => {
  const leader = replica("leader");
  leader.isServing = true;
  leader.queue = [QUEUED];
  leader.queueBytes = 5;
  [leader.proposedBytes, leader.proposedTerm] = [7, 3];
  leader.reads.set(1, READ);
  leader.standing.set("1", STANDING);
  leader.assertInvariants();
  replica("follower").assertInvariants();
});

type Break = readonly [id: string, what: string, break_: (leader: Replica, other: Replica) => void];

test.each<Break>([
  ["REP1", "bytes without a queue", (leader) => (leader.queueBytes = 1)],
  ["REP1", "less than no bytes", (leader) => (leader.queueBytes = -1)],
  ["REP2", "bytes of an earlier term", (leader) => (leader.proposedBytes = 1)],
  [
    "REP2",
    "bytes of a follower",
    (_, other) => ([other.proposedBytes, other.proposedTerm] = [1, 3]),
  ],
  ["REP3", "a follower serves", (_, other) => (other.isServing = true)],
  ["REP4", "a follower has a queue", (_, other) => (other.queue = [QUEUED])],
  ["REP4", "a follower has reads", (_, other) => other.reads.set(1, READ)],
  ["REP4", "a follower has confirmed reads", (_, other) => (other.confirmedReads = [READ])],
  ["REP4", "a follower has credits", (_, other) => other.standing.set("1", STANDING)],
])("%s: %s", (id, _, break_) => {
  const [leader, other] = [replica("leader"), replica("follower")];
  break_(leader, other);
  const check = (): void => {
    leader.assertInvariants();
    other.assertInvariants();
  };
  expect(check).toThrow(new RegExp(`^${id}: `));
});

test("REP5: messages wait for persists in their order", () => {
  const one = replica("follower");
  one.hold({ seq: 2, peer: 2, message: vote(1) });
  one.hold({ seq: 2, peer: 3, message: vote(1) });
  expect(() => one.hold({ seq: 1, peer: 2, message: vote(1) })).toThrow(/^REP5/);
});

test("BUD1: what is given back was taken", () => {
  const budgets = new Budgets(DEFAULT_LIMITS);
  budgets.giveRequest(budgets.takeRequest(100, true));
  budgets.countQueued(5);
  budgets.countQueued(-5);
  expect(() => budgets.giveRequest(1)).toThrow(/^BUD1/);
  expect(() => budgets.countQueued(-1)).toThrow(/^BUD1/);
  expect(() => budgets.countProposed(-1)).toThrow(/^BUD1/);
});

test("OUT1, CTX3: nothing leaves between mark and cut", () => {
  const outbox = new Outbox();
  outbox.push(vote(1));
  outbox.mark();
  Object.assign(outbox, { urgent: [] });
  expect(() => outbox.cut()).toThrow(/^OUT1/);
  const { context } = new HostRig({ nodes: 3 }).host;
  context.loopback.push(vote(1));
  context.markOutbox();
  context.loopback.length = 0;
  expect(() => context.cutOutbox()).toThrow(/^CTX3/);
});

test("CTX1: a node joins one cluster, once", () => {
  const { host, members } = new HostRig({ nodes: 3 });
  host.context.join(foundingOf(members));
  expect(() => host.context.join(foundingOf(members))).toThrow(/^CTX1/);
});

test("DUE1, DUE2: who waits has one seat, and is not removed", () => {
  const due = new DueGroups();
  const one = replica("leader");
  due.set(one, 5);
  one.isRemoved = true;
  expect(() => due.take(5)).toThrow(/^DUE2/);
  one.isRemoved = false;
  Object.assign(due, { seatOf: new Map() });
  expect(() => due.set(one, 6)).toThrow(/^DUE1/);
});

test("HAND1: a request that is in hand is not queued again", () => {
  const inHand = new InHand();
  inHand.add(NAME);
  expect(() => inHand.add(NAME)).toThrow(/^HAND1/);
});
