import type { PeerMessage } from "@disheap/core";
import { expect, test } from "vitest";
import { Commits } from "../../../../src/oracle/rules/raft/commits.js";
import { LogMatching } from "../../../../src/oracle/rules/raft/log-matching.js";
import { Promises } from "../../../../src/oracle/rules/raft/promises.js";
import { ReadIndex } from "../../../../src/oracle/rules/answers/read-index.js";
import { Recovery } from "../../../../src/oracle/rules/storage/recovery.js";
import { snapshot } from "../../../../src/oracle/rules/views/sweep.js";
import { breaks, FakeLog, FakeWorld, fakeRaft, store, type FakeRaft } from "../states.js";

const to = { group: 1, incarnation: 1 };
const appendReply = (term: number, index: number, accepted = true): PeerMessage => ({
  kind: "append.reply",
  ...to,
  term,
  seq: 1,
  accepted,
  index,
  prevIndex: 0,
  wallMs: 0,
});

function promises(): { world: FakeWorld; rule: Promises } {
  const world = new FakeWorld();
  store(world, 1, 4, 2, [3, 4]);
  world.put(1, fakeRaft({ term: 4, log: new FakeLog([3, 4, 4]) }));
  const rule = new Promises();
  rule.attach(world);
  return { world, rule };
}

test("R12: votes leave after they are synced", () => {
  const { rule } = promises();
  const reply = (term: number, granted = true): PeerMessage => ({
    kind: "vote.reply",
    ...to,
    term,
    granted,
  });
  rule.sent(1, 2, reply(4));
  rule.sent(1, 3, reply(4, false));
  breaks("R12", () => rule.sent(1, 3, reply(4)));
  breaks("R12", () => rule.sent(1, 2, reply(5)));
  breaks("R12", () => rule.sent(1, 2, reply(5, false)));
  const request = { kind: "vote" as const, ...to, lastIndex: 2, lastTerm: 4, isTransfer: false };
  breaks("R12", () => rule.sent(1, 2, { ...request, term: 4 }));
  breaks("R12", () => rule.roleChanged(1, 1, 4, "leader"));
  breaks("R12", () => rule.sent(3, 2, { ...request, term: 1 }));
});

test("R12: an append reply stands on a synced log, a beat reply on a synced term", () => {
  const { world, rule } = promises();
  rule.sent(1, 2, appendReply(4, 2));
  rule.sent(1, 2, appendReply(4, 9, false));
  const error = breaks("R12", () => rule.sent(1, 2, appendReply(4, 3)));
  expect(error.first?.text).toBe("synced: term 4, vote n2, log to 2");
  breaks("R12", () => rule.sent(1, 2, appendReply(5, 2)));
  store(world, 1, 4, 2, [3, 3]);
  breaks("R12", () => rule.sent(1, 2, appendReply(4, 2)));
  const item = { ...to, accepted: true, needsProbe: false };
  const beat = (term: number, round = 1, isStalled = false): PeerMessage => ({
    kind: "beat.reply",
    round,
    wallMs: 0,
    isStalled,
    items: [{ ...item, term }],
  });
  rule.sent(1, 2, beat(4));
  breaks("R12", () => rule.sent(1, 2, beat(5)));
  // A stalled disk's reply names no round, so that it promises nothing.
  rule.sent(1, 2, beat(5, 0, true));
  breaks("R12", () => rule.sent(1, 2, beat(5, 1, true)));
});

function commits(terms: Record<number, number[]>): {
  world: FakeWorld;
  rule: Commits;
  advance: (node: number, raft: FakeRaft, fields: Partial<FakeRaft>) => void;
} {
  const world = new FakeWorld();
  for (const [node, list] of Object.entries(terms)) store(world, Number(node), 9, 0, list);
  const rule = new Commits();
  rule.attach(world);
  const advance = (node: number, raft: FakeRaft, fields: Partial<FakeRaft>): void => {
    const before = snapshot({ atUs: world.queue.nowUs, node }, raft);
    Object.assign(raft, fields);
    world.queue.nowUs += 1;
    rule.changed(snapshot({ atUs: world.queue.nowUs, node }, raft), before, raft);
  };
  return { world, rule, advance };
}

test("R5: a committed entry is on the disks of a quorum, and stays there", () => {
  const raft = (): FakeRaft => fakeRaft({ role: "leader", term: 2, log: new FakeLog([1, 2, 2]) });
  const good = commits({ 1: [1, 2, 2], 2: [1, 2], 3: [1] });
  good.advance(1, raft(), { commitIndex: 2 });
  good.rule.finish();
  good.world.node(2).values.clear();
  breaks("R5", () => good.rule.finish());
  const bad = commits({ 1: [1, 2, 2], 2: [1, 2], 3: [1] });
  const error = breaks("R5", () => bad.advance(1, raft(), { commitIndex: 3 }));
  expect(error.message).toContain("n2, n3 of its 3 voters do not hold it on disk");
  const damaged = commits({ 1: [1, 2, 2] });
  damaged.world.node(2).isDamaged = true;
  damaged.advance(1, raft(), { commitIndex: 3 });
});

test("R4: two replicas that commit different entries", () => {
  const { advance } = commits({ 1: [1, 2], 2: [1, 2], 3: [1, 2] });
  advance(1, fakeRaft({ log: new FakeLog([1, 2]) }), { commitIndex: 2 });
  advance(2, fakeRaft({ log: new FakeLog([1, 2]) }), { commitIndex: 2 });
  breaks("R4", () => advance(3, fakeRaft({ log: new FakeLog([1, 3]) }), { commitIndex: 2 }));
});

test("R3: a leader that counts copies of an older term's entry", () => {
  const leader = (): FakeRaft => fakeRaft({ role: "leader", term: 3, log: new FakeLog([1, 2, 3]) });
  const disks = { 1: [1, 2, 3], 2: [1, 2, 3], 3: [1, 2, 3] };
  commits(disks).advance(1, leader(), { commitIndex: 3 });
  breaks("R3", () => commits(disks).advance(1, leader(), { commitIndex: 2 }));
});

test("R3: a new leader lacks what an earlier term committed", () => {
  const { world, rule, advance } = commits({ 1: [1, 2], 2: [1, 2], 3: [1] });
  advance(1, fakeRaft({ term: 2, log: new FakeLog([1, 2]) }), { commitIndex: 2 });
  world.put(3, fakeRaft({ log: new FakeLog([1]) }));
  // A leader of an older term that comes late may lack it.
  rule.roleChanged(3, 1, 2, "leader");
  const error = breaks("R3", () => rule.roleChanged(3, 1, 3, "leader"));
  expect(error.message).toContain("its log ends at 1");
  world.put(3, fakeRaft({ log: new FakeLog([1, 2, 2]) }));
  rule.roleChanged(3, 1, 3, "leader");
});

test("R2: proposals of a term come once and in order", () => {
  const rule = new LogMatching();
  rule.proposed(1, 1, 5, 2);
  rule.proposed(1, 1, 6, 2);
  rule.proposed(2, 1, 6, 3);
  breaks("R2", () => rule.proposed(1, 1, 6, 2));
  breaks("R2", () => rule.proposed(1, 1, 9, 2));
});

test("R2: equal terms at an index mean equal logs below it", () => {
  const compare = (a: number[], b: number[]): void => {
    const world = new FakeWorld();
    world.put(1, fakeRaft({ log: new FakeLog(a), appliedIndex: 1 }));
    world.put(2, fakeRaft({ log: new FakeLog(b), appliedIndex: 2 }));
    const rule = new LogMatching();
    rule.attach(world);
    rule.roleChanged(1, 1, 5, "leader");
  };
  compare([1, 1, 2, 4], [1, 1, 2, 3]);
  compare([1, 1, 2, 4], [1, 1]);
  const error = breaks("R2", () => compare([1, 1, 2, 4], [1, 1, 3, 4]));
  expect(error.message).toContain("same term at entry 4, but terms 2 and 3 at entry 3");
});

const DAMAGED = "The data directory is damaged: a gap. Move it away.";

function recovery(): { world: FakeWorld; rule: Recovery } {
  const world = new FakeWorld();
  const rule = new Recovery();
  rule.attach(world);
  return { world, rule };
}

test("S1, S2: damage is refused with a sentence, and only damage", () => {
  const { world, rule } = recovery();
  rule.afterTurn(1, world.put(1, fakeRaft()));
  breaks("S1", () => rule.refused(1, DAMAGED));
  world.node(1).isDamaged = true;
  rule.refused(1, DAMAGED);
  breaks("S2", () => rule.refused(1, "damaged"));
  breaks("S1", () => rule.afterTurn(1, world.put(1, fakeRaft())));
});

test("S1: every life has its own incarnation", () => {
  const { world, rule } = recovery();
  const ready = (incarnation: number) => {
    const host = world.put(1, fakeRaft());
    return { ...host, context: { ...host.context, incarnation } };
  };
  const first = ready(1);
  rule.afterTurn(1, first);
  rule.afterTurn(1, first);
  rule.afterTurn(1, ready(2));
  const error = breaks("S1", () => rule.afterTurn(1, ready(2)));
  expect(error.message).toContain("came back as incarnation 2 after incarnation 2");
});

test("S1: a replica comes back as its disk holds it", () => {
  const recovered = (fields: Partial<FakeRaft>): void => {
    const { world, rule } = recovery();
    store(world, 1, 4, 2, [3, 4]);
    const raft = fakeRaft({ term: 4, vote: 2, log: new FakeLog([3, 4]), ...fields });
    rule.changed(snapshot({ atUs: 1, node: 1 }, raft), undefined, raft);
  };
  recovered({});
  breaks("S1", () => recovered({ term: 3 }));
  breaks("S1", () => recovered({ vote: 0 }));
  breaks("S1", () => recovered({ log: new FakeLog([3]) }));
  breaks("S1", () => recovered({ log: new FakeLog([4, 4]) }));
});

test("R11: a read covers what was committed before it was asked for", () => {
  const { world, rule: committed, advance } = commits({ 1: [1, 1], 2: [1, 1], 3: [1, 1] });
  const rule = new ReadIndex(committed);
  rule.attach(world);
  const request = { edgeIncarnation: 1, requestId: 7 };
  const ask = (attempt: number): void =>
    rule.sent(3, 1, {
      kind: "request",
      ...request,
      attempt,
      isOnce: false,
      group: 1,
      action: { type: "barrier" },
    });
  const answer = (attempt: number, index: number): void =>
    rule.sent(1, 3, {
      kind: "reply",
      ...request,
      attempt,
      outcome: { type: "done", index, body: new Uint8Array(0) },
    });
  ask(1);
  advance(1, fakeRaft({ log: new FakeLog([1, 1]) }), { commitIndex: 2 });
  answer(1, 0);
  ask(2);
  answer(2, 2);
  const error = breaks("R11", () => answer(2, 1));
  expect(error.message).toContain("entry 2 was committed before n3 asked");
  answer(3, 0);
});
