import type { PeerMessage } from "@disheap/core";
import { expect, test } from "vitest";
import { NeedlessAppends } from "../../../../src/oracle/rules/raft/needless-appends.js";
import { breaks, FakeLog, fakeRaft, FakeWorld, store } from "../states.js";

const NO_BYTES = new Uint8Array(0);
const named = { group: 1, incarnation: 1, term: 5 };

/** Entries behind `prevIndex`, in blocks of these sizes. */
function append(prevIndex: number, ...sizes: number[]): PeerMessage {
  const blocks = sizes.map((use) => ({ bytes: NO_BYTES, use }));
  const head = { kind: "append", ...named, seq: 1, isStart: true, commit: 0 } as const;
  return { ...head, prevIndex, prevTerm: 4, blocks };
}

function reply(accepted: boolean, index: number, prevIndex: number): PeerMessage {
  const head = { kind: "append.reply", ...named, seq: 1, wallMs: 0 } as const;
  return { ...head, accepted, index, prevIndex };
}

/** n1 leads with six entries; n2 has the first four of them on its disk. */
function four(): NeedlessAppends {
  const world = new FakeWorld();
  world.put(1, fakeRaft({ term: 5, log: new FakeLog([3, 4, 4, 4, 5, 5]) }));
  store(world, 2, 4, 0, [3, 4, 4, 4]);
  const rule = new NeedlessAppends();
  rule.attach(world);
  return rule;
}

test("R14: a follower is not sent what it holds", () => {
  const error = breaks("R14", () => four().sent(1, 2, append(0, 2, 1)));
  expect(error.message).toContain("n2 has entry 3 of term 4 on its disk");
});

test("R14: what it lacks is sent, and again when it may be lost; a block may begin before", () => {
  const rule = four();
  rule.sent(1, 2, append(4));
  rule.sent(1, 2, append(2, 3));
  rule.sent(1, 2, append(2, 3, 1));
  rule.sent(1, 2, append(2, 1));
  breaks("R14", () => rule.sent(1, 2, append(0, 2)));
});

test("R14: who refused an append, or held less, is sent what lies behind that", () => {
  const rule = four();
  rule.sent(2, 1, reply(false, 3, 5));
  rule.sent(1, 2, append(2, 1));
  breaks("R14", () => rule.sent(1, 2, append(0, 2)));
  const other = four();
  other.sent(2, 1, reply(true, 2, 4));
  other.sent(1, 2, append(2, 2));
  breaks("R14", () => other.sent(1, 2, append(1, 1)));
});

test("R14: an entry of another term is not the same one", () => {
  const world = new FakeWorld();
  world.put(1, fakeRaft({ term: 5, log: new FakeLog([3, 4, 4, 5]) }));
  store(world, 2, 4, 0, [3, 3, 3]);
  const rule = new NeedlessAppends();
  rule.attach(world);
  rule.sent(1, 2, append(1, 2));
});

test("R14: who is in a newer term may have it from its new leader", () => {
  const world = new FakeWorld();
  world.put(1, fakeRaft({ term: 5, log: new FakeLog([3, 4, 4, 5]) }));
  store(world, 2, 6, 0, [3, 4, 4, 5]);
  const rule = new NeedlessAppends();
  rule.attach(world);
  rule.sent(1, 2, append(1, 2));
});
