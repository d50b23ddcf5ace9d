// Frames of a peer that lies or is broken: refused and counted, and no replica stops for them (D-89, rev-F9).

import { expect, test } from "vitest";
import { encodeBlock, EntryKind, type Block } from "../../src/wire/blocks.js";
import { HostRig } from "../support/host-rig.js";
import { append, vote } from "../support/raft-net.js";

const META = { group: 0, incarnation: 0 };
const LAST_TERM = 2 ** 32 - 1;

function started(): HostRig {
  const rig = new HostRig({ nodes: 3 });
  rig.start();
  rig.take();
  return rig;
}

function block(first: number, term: number, prevTerm: number, stampMs: number): Block {
  const entry = { kind: EntryKind.command, stampMs, seedHi: 0, seedLo: 0, intents: [] };
  return encodeBlock(0, first, term, prevTerm, [entry]);
}

/** What the leader of term 4 sends: sound up to the last one. */
function send(rig: HostRig, blocks: readonly Block[], commit: number, seq = 1): void {
  const before = blocks[0].first - 1;
  const more = {
    seq,
    isStart: seq === 1,
    commit,
    prevIndex: before,
    prevTerm: before === 0 ? 0 : 3,
    blocks: blocks.map(({ bytes }) => ({ bytes, use: 1 })),
  };
  rig.from(2, { ...append(4, more), ...META });
  rig.settle();
}

const replicaOf = (rig: HostRig) => {
  const replica = rig.host.context.groups.get(0);
  if (!replica) throw new Error("the meta group is always there");
  return replica;
};

test.each([
  ["a stamp that goes back", block(2, 3, 3, 5)],
  ["a term that falls", block(2, 2, 3, 10)],
  ["a later term than its leader has", block(2, 9, 3, 10)],
  ["another term before it than is there", block(2, 4, 1, 10)],
])("a block with %s is not taken, in one append or in two", (_, wrong) => {
  const first = block(1, 3, 0, 10);
  const one = started();
  send(one, [first, wrong], 2);
  const two = started();
  send(two, [first], 1);
  two.take();
  send(two, [wrong], 2, 2);
  for (const rig of [one, two]) {
    expect(replicaOf(rig)).toMatchObject({ stoppedBecause: undefined });
    expect(replicaOf(rig).raft.log.lastIndex).toBe(1);
    expect(rig.host.status().metrics.framesRefused).toBe(1);
    expect(rig.take("append.reply", "append.untaken")).toMatchObject([
      { to: 2, message: { kind: "append.untaken", next: 0 } },
    ]);
    // A start finds nothing wrong.
    const again = new HostRig({ nodes: 3, store: rig.store });
    again.start();
    expect([again.host.fatalMessage, again.host.isReady]).toEqual([undefined, true]);
    // And the sound block is taken in its place.
    send(rig, [block(2, 4, 3, 10)], 2, rig === one ? 2 : 3);
    expect(replicaOf(rig).raft.appliedIndex).toBe(2);
  }
});

test("a term that no peer can have come to is not taken, and the group can still elect", () => {
  const rig = started();
  rig.from(2, { ...vote(LAST_TERM), isTransfer: true, ...META });
  rig.from(2, { ...append(LAST_TERM), ...META });
  rig.from(2, {
    kind: "pre-vote.reply",
    ...META,
    term: 1,
    ownTerm: LAST_TERM,
    token: 1,
    granted: false,
  });
  const item = { ...META, term: LAST_TERM, commit: 0 };
  rig.from(2, { kind: "beat", round: 1, isStalled: false, items: [item] });
  const answer = { ...META, term: LAST_TERM, accepted: false, needsProbe: false };
  rig.from(2, { kind: "beat.reply", round: 1, wallMs: 0, isStalled: false, items: [answer] });
  rig.settle();
  expect(replicaOf(rig).raft.term).toBe(0);
  rig.from(2, { ...vote(2 ** 24), isTransfer: true, ...META });
  rig.settle();
  expect(replicaOf(rig).raft.term).toBe(2 ** 24);
});

test("in the last of all terms nobody campaigns: there is none after it", () => {
  const rig = started();
  const { raft } = replicaOf(rig);
  raft.setTerm(LAST_TERM, 0);
  raft.outputs.clear();
  rig.settle();
  rig.pass(10_000);
  expect(rig.take("pre-vote", "vote")).toEqual([]);
});
