// What a node does with a group that it had to stop: a broken invariant takes the whole replica out (D-40,
// rev-B8); an entry that cannot be read stops the machine only (D-89); damage on the own disk stops the
// node, whoever the read was for (rev-B9).

import { expect, test } from "vitest";
import { InvariantViolation } from "../../src/lib/assert.js";
import { encodeBlock, EntryKind } from "../../src/wire/blocks.js";
import type { PeerMessage } from "../../src/wire/messages.js";
import { HostRig } from "../support/host-rig.js";
import { append, vote } from "../support/raft-net.js";

/** u32 length, then a kind that no version knows. */
const UNKNOWN = Uint8Array.of(1, 0, 0, 0, 250);
const META = { group: 0, incarnation: 0 };
const ELECTION_MS = 4_000;

function rest(rig: HostRig, ms: number): void {
  for (let passed = 0; passed < ms; passed += 100) {
    rig.pass(100);
    rig.settle();
  }
}

function alone(): HostRig {
  const rig = new HostRig({ nodes: 1 });
  rig.start();
  rest(rig, ELECTION_MS);
  rig.ask({ op: "topic.create", topic: "jobs", settings: { partitions: 1, replicationFactor: 1 } });
  rest(rig, ELECTION_MS);
  return rig;
}

const groupOf = (rig: HostRig, id: number) => {
  const replica = rig.host.context.groups.get(id);
  if (!replica) throw new Error(`group ${id} must be there`);
  return replica;
};
const statusOf = (rig: HostRig, id: number) =>
  rig.host.status().groups.find(({ group }) => group === id);

const ENQUEUE = {
  op: "enqueue",
  topic: "jobs",
  payload: Uint8Array.of(1),
  priorityHi: 0,
  priorityLo: 1,
} as const;

test("an entry that nobody can read stops its machine with a sentence; other groups go on", () => {
  const rig = alone();
  const replica = groupOf(rig, 1);
  const applied = replica.raft.appliedIndex;
  replica.queue.push({
    intent: UNKNOWN,
    origin: { type: "none" },
    isEnqueue: false,
    rows: 1,
    leases: 0,
  });
  rig.host.context.touched.add(replica);
  rest(rig, 2 * ELECTION_MS);
  expect(statusOf(rig, 1)).toMatchObject({ role: "follower", appliedIndex: applied });
  expect(statusOf(rig, 1)?.stoppedBecause).toContain("intent kind 250 is unknown");
  // It does not campaign, although nobody leads; and the log keeps the entry.
  expect(replica.raft.term).toBe(1);
  expect(replica.raft.log.lastIndex).toBe(applied + 1);
  const more = { op: "topic.create", topic: "more", settings: { replicationFactor: 1 } } as const;
  expect(rig.ask(more)).toMatchObject({ ok: true });
  // A restart meets the same entry and says the same.
  const again = new HostRig({ nodes: 1, store: rig.store });
  again.start();
  rest(again, 3 * ELECTION_MS);
  expect(statusOf(again, 1)?.stoppedBecause).toContain("intent kind 250 is unknown");
});

test("its Raft goes on: it takes the log and votes", () => {
  const rig = new HostRig({ nodes: 3 });
  rig.start();
  const entry = { kind: EntryKind.command, stampMs: 5, seedHi: 0, seedLo: 0 };
  const first = encodeBlock(0, 1, 1, 0, [{ ...entry, intents: [UNKNOWN] }]);
  const second = encodeBlock(0, 2, 1, 1, [{ ...entry, intents: [] }]);
  const blocks = [{ bytes: first.bytes, use: 1 }];
  rig.from(2, { ...append(1, { commit: 1, blocks }), ...META });
  rig.settle();
  rig.from(2, { ...append(1, { commit: 1, prevIndex: 1, prevTerm: 1 }), ...META });
  rig.settle();
  expect(groupOf(rig, 0).machineStoppedBecause).toContain("entry 1 of term 1");
  rig.take();
  const next = { commit: 1, prevIndex: 1, prevTerm: 1, blocks: [{ bytes: second.bytes, use: 1 }] };
  rig.from(2, { ...append(1, next), ...META });
  rig.settle();
  const replies = rig.take("append.reply").map(({ message }) => message);
  expect(replies).toMatchObject([{ accepted: true, index: 2 }]);
  rest(rig, 2 * ELECTION_MS);
  expect(rig.take("pre-vote")).toEqual([]);
  rig.from(3, { ...vote(7, 1, 2), ...META });
  rig.settle();
  expect(rig.take("vote.reply")).toMatchObject([{ to: 3, message: { granted: true } }]);
  // After a restart the entry is read back from disk; nothing of what was read stays in hand.
  const again = new HostRig({ nodes: 3, store: rig.store, limits: { logTailBytesMax: 1 } });
  again.start();
  again.from(3, { ...append(7, { commit: 2, prevIndex: 2, prevTerm: 1 }), ...META });
  again.settle();
  rest(again, 200);
  expect(groupOf(again, 0).machineStoppedBecause).toContain("entry 1 of term 1");
  expect(again.host.census().logReads).toBe(0);
});

/** A follower of three with 60 committed entries, of which it has applied few; the last cannot be read. */
function backlogged(): HostRig {
  const rig = new HostRig({ nodes: 3, limits: { turnApplyEntriesMax: 1 } });
  rig.start();
  const entry = { kind: EntryKind.noop, stampMs: 5, seedHi: 0, seedLo: 0, intents: [] };
  const blocks = Array.from({ length: 60 }, (_, i) => {
    const last = { ...entry, kind: EntryKind.command, intents: [UNKNOWN] };
    const { bytes } = encodeBlock(0, i + 1, 1, i === 0 ? 0 : 1, [i < 59 ? entry : last]);
    return { bytes, use: 1 };
  });
  rig.from(2, { ...append(1, { commit: 60, blocks }), ...META });
  rig.sync();
  return rig;
}

/** Its leader falls silent, and it asks whether it could win. */
function campaigning(rig: HostRig): { readonly term: number; readonly token: number } {
  for (let waited = 0; waited < ELECTION_MS; waited += 50) {
    rig.pass(50);
    const asked = rig.take("pre-vote").at(-1)?.message;
    if (asked?.kind === "pre-vote") return asked;
  }
  throw new Error("a pre-vote must be asked for");
}

function applyAll(rig: HostRig): void {
  const replica = groupOf(rig, 0);
  for (let i = 0; i < 60 && replica.machineStoppedBecause === undefined; i += 1) rig.turn();
  expect(replica.machineStoppedBecause).toContain("entry 60 of term 1");
}

test("a machine that stops while its replica asks who would vote: the answers make no leader (rev-F3)", () => {
  const rig = backlogged();
  const { term, token } = campaigning(rig);
  applyAll(rig);
  rig.from(2, { kind: "pre-vote.reply", ...META, ownTerm: 1, term, token, granted: true });
  rest(rig, ELECTION_MS);
  expect(groupOf(rig, 0).raft).toMatchObject({ role: "follower", term: 1 });
  expect(rig.take("vote", "beat", "append")).toEqual([]);
});

test("a machine that stops while its own vote is being synced: nobody is asked, and votes make no leader", () => {
  const rig = backlogged();
  const { term, token } = campaigning(rig);
  rig.from(2, { kind: "pre-vote.reply", ...META, ownTerm: 1, term, token, granted: true });
  expect(groupOf(rig, 0).raft.role).toBe("candidate");
  applyAll(rig);
  rig.settle();
  rig.from(2, { kind: "vote.reply", ...META, term, granted: true });
  rig.settle();
  expect(groupOf(rig, 0).raft).toMatchObject({ role: "follower", term });
  expect(rig.take("vote", "append", "beat")).toEqual([]);
});

test("a broken invariant takes the replica out: it neither leads nor serves any more (rev-B8)", () => {
  const rig = alone();
  const replica = groupOf(rig, 1);
  if (replica.machine.kind !== "partition") throw new Error("group 1 is a partition");
  expect([replica.raft.isLeader, replica.isServing]).toEqual([true, true]);
  replica.machine.partition.apply = () => {
    throw new InvariantViolation("Q3: planted");
  };
  rig.ask(ENQUEUE);
  expect(statusOf(rig, 1)).toMatchObject({ role: "stopped", stoppedBecause: "Q3: planted" });
  expect([replica.raft.isLeader, replica.raft.leader, replica.isServing]).toEqual([
    false,
    0,
    false,
  ]);
  // A consumer on this very node is not told that more will come.
  const granted: PeerMessage[] = [];
  const { streams } = rig.host;
  const onGranted = streams.onGranted.bind(streams);
  streams.onGranted = (from, message) => {
    granted.push(message);
    onGranted(from, message);
  };
  rig.turn(
    { kind: "stream.filter", streamId: 9, topic: "jobs", partitionIds: [] },
    { kind: "stream.credits", streamId: 9, credits: 1 },
  );
  rest(rig, 1_000);
  expect(granted.length).toBeGreaterThan(0);
  expect(granted.every((m) => m.kind === "granted" && m.state === "not-leader")).toBe(true);
});

/** The first node leads the meta group of three; the second has what it has, the third has nothing. */
function leaderOverDisk(): HostRig {
  const rig = new HostRig({ nodes: 3, limits: { logTailBytesMax: 1 } });
  rig.start();
  for (let waited = 0; waited < ELECTION_MS && rig.sent.length === 0; waited += 50) rig.pass(50);
  const asked = rig.take("pre-vote").at(-1)?.message;
  if (asked?.kind !== "pre-vote") throw new Error("a pre-vote must be asked for");
  const { term, token } = asked;
  rig.from(2, { kind: "pre-vote.reply", ...META, ownTerm: 0, term, token, granted: true });
  rig.settle();
  rig.from(2, { kind: "vote.reply", ...META, term, granted: true });
  rig.settle();
  const raft = groupOf(rig, 0).raft;
  expect(raft.isLeader).toBe(true);
  for (let n = 0; n < 3; n += 1) {
    const { lastIndex } = raft.log;
    const settings = { partitions: 1, replicationFactor: 1 };
    const reply = { kind: "append.reply", ...META, term, seq: 1, accepted: true } as const;
    rig.from(2, { ...reply, prevIndex: 0, index: lastIndex, wallMs: 0 });
    const request = { op: "topic.create", topic: `t${n}`, settings } as const;
    rig.turn({ kind: "client.request", requestId: 100 + n, request });
    rig.settle();
  }
  return rig;
}

/** The third member says at last that it holds nothing: what it lacks is sent, from disk. */
function serveTheThird(rig: HostRig): void {
  rig.pass(500);
  const asked = rig.take("append").findLast(({ to }) => to === 3)?.message;
  if (asked?.kind !== "append") throw new Error("the third must be asked what it holds");
  const { seq, term, prevIndex } = asked;
  expect([prevIndex, asked.blocks]).toEqual([0, []]);
  const reply = { kind: "append.reply", ...META, term, seq, accepted: true } as const;
  rig.from(3, { ...reply, prevIndex, index: 0, wallMs: 0 });
  rig.settle();
}

test("a log that is sound is read from disk for a follower that lacks it", () => {
  const rig = leaderOverDisk();
  expect(groupOf(rig, 0).raft.log.blockAt(1)).toBeUndefined();
  rig.take();
  serveTheThird(rig);
  const sent = rig
    .take("append")
    .flatMap(({ to, message }) =>
      to === 3 && message.kind === "append" && message.blocks.length > 0 ? [message.prevIndex] : [],
    );
  expect(sent).toContain(0);
});

test("rot that is met while a follower is served stops the node, and nothing is sent (rev-B9)", () => {
  const rig = leaderOverDisk();
  rig.take();
  const [key] = [...rig.store.keys()].filter((each) => each.startsWith("04")).sort();
  const block = rig.store.get(key);
  if (!block) throw new Error("the first block must be on disk");
  rig.store.set(
    key,
    block.map((byte, at) => (at === block.length - 1 ? byte ^ 1 : byte)),
  );
  serveTheThird(rig);
  expect(rig.host.fatalMessage).toMatch(
    /^The data directory is damaged: a log block of group 0 cannot be read back: .*keep the data directory/,
  );
  const sent = rig.take("append").filter(({ to }) => to === 3);
  expect(
    sent.every(({ message }) => message.kind === "append" && message.blocks.length === 0),
  ).toBe(true);
});

const NOT_THERE =
  /^The data directory is damaged: entry \d in the log of group 0 is not there any more, or not as/;

/** The keys of blocks on disk, in order. */
const blockKeys = (rig: HostRig): string[] =>
  [...rig.store.keys()].filter((each) => each.startsWith("04")).sort();

const SPOILT: readonly (readonly [string, (rig: HostRig) => void])[] = [
  ["missing", (rig) => rig.store.delete(blockKeys(rig)[0])],
  ["missing behind one that is there", (rig) => rig.store.delete(blockKeys(rig)[1])],
  ["another one", (rig) => rig.store.set(blockKeys(rig)[0], foreign(0, 1))],
  ["one of another group", (rig) => rig.store.set(blockKeys(rig)[0], foreign(7, 1))],
  ["gone with all the others", (rig) => blockKeys(rig).forEach((key) => rig.store.delete(key))],
];

function foreign(group: number, first: number): Uint8Array {
  const entry = { kind: EntryKind.noop, stampMs: 1, seedHi: 0, seedLo: 0, intents: [UNKNOWN] };
  return encodeBlock(group, first, 1, 0, [entry]).bytes;
}

test.each(SPOILT)(
  "a block that is %s while a follower is served stops the node (rev-F7)",
  (_, spoil) => {
    const rig = leaderOverDisk();
    spoil(rig);
    serveTheThird(rig);
    expect(rig.host.fatalMessage).toMatch(NOT_THERE);
  },
);

test.each(SPOILT)(
  "a block that is %s when it is to be applied stops the node (rev-F7)",
  (_, spoil) => {
    const { store } = leaderOverDisk();
    const rig = new HostRig({ nodes: 3, store, limits: { logTailBytesMax: 1 } });
    rig.start();
    expect(rig.host.fatalMessage).toBeUndefined();
    spoil(rig);
    const { lastIndex, lastTerm } = groupOf(rig, 0).raft.log;
    const prev = { commit: lastIndex, prevIndex: lastIndex, prevTerm: lastTerm };
    rig.from(2, { ...append(7, prev), ...META });
    rig.settle();
    expect(rig.host.fatalMessage).toMatch(NOT_THERE);
  },
);
