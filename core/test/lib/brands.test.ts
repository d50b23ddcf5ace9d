// Swaps that must not compile: `tsc -p tsconfig.test.json` fails when one of them does, since what it is told to
// expect is then missing. The first half says so of the brands, the second of the signatures that they are for.

import { expect, test } from "vitest";
import type { MessageStore } from "../../src/delivery/message-store.js";
import type { leaseAt } from "../../src/delivery/grant.js";
import type { Partition } from "../../src/delivery/partition.js";
import type { HandledGrants } from "../../src/edge/streams/handled.js";
import * as brands from "../../src/lib/brands.js";
import type { Fence, LogIndex, Member, Offset, Slot, Term } from "../../src/lib/brands.js";
import type { compareLeases } from "../../src/lib/lease-name.js";
import type { encodeMessageId } from "../../src/lib/ulid.js";
import type { entrySeed } from "../../src/member/draws.js";
import type { HostObserver } from "../../src/member/observer.js";
import type { RaftGroup } from "../../src/raft/group.js";
import type { RaftLog } from "../../src/raft/log.js";
import type { Outputs } from "../../src/raft/outputs.js";
import type { refilled } from "../../src/raft/replication.js";
import type { encodeBlock } from "../../src/wire/blocks.js";
import type { blockKey } from "../../src/wire/disk-records.js";

const term: Term = 1;
const index: LogIndex = 2;
const offset: Offset = 3;
const fence: Fence = 4;
const slot: Slot = 5;
const member: Member = 6;

test("nothing of a brand is left at run time", () => {
  expect(Object.keys(brands)).toEqual([]);
});

test("a brand is not taken for another one", () => {
  // @ts-expect-error: a log index is no term
  const term_: Term = index;
  // @ts-expect-error: a term is no log index
  const index_: LogIndex = term;
  // @ts-expect-error: a fence is no offset
  const offset_: Offset = fence;
  // @ts-expect-error: an offset is no fence
  const fence_: Fence = offset;
  // @ts-expect-error: a log index is no slot
  const slot_: Slot = index;
  // @ts-expect-error: a term is no member
  const member_: Member = term;
  expect([term_, index_, offset_, fence_, slot_, member_]).toHaveLength(6);
});

test("a number is taken for a brand, and a brand for a number: sums, columns and literals need no cast", () => {
  const next: LogIndex = index + 1;
  const column: Fence = Uint32Array.of(7)[0];
  const count: number = slot;
  expect([next, column, count]).toEqual([3, 7, 5]);
});

type Method<T, K extends keyof T> = T[K] extends (...args: infer A) => unknown ? A : never;

test("raft and its log: term, index and member", () => {
  const right: Parameters<typeof encodeBlock> = [1, index, term, term, []];
  // @ts-expect-error: (term, first)
  const block: Parameters<typeof encodeBlock> = [1, term, index, term, []];
  // @ts-expect-error: (leader, term)
  const follower: Method<RaftGroup, "becomeFollower"> = [member, term];
  // @ts-expect-error: (vote, term)
  const vote: Method<RaftGroup, "setTerm"> = [member, term];
  // @ts-expect-error: the index at a term
  const at: Method<RaftLog, "termAt"> = [term];
  // @ts-expect-error: what it gives is a term
  const given: LogIndex = 0 as ReturnType<RaftLog["termAt"]>;
  // @ts-expect-error: (from, peer)
  const fetch: Method<Outputs, "fetchLog"> = [index, member];
  // @ts-expect-error: (from, peer)
  const refill: Parameters<typeof refilled> = [{} as RaftGroup, index, member, []];
  // @ts-expect-error: a member's log block
  const key: Parameters<typeof blockKey> = [1, member];
  expect([right, block, follower, vote, at, given, fetch, refill, key]).toHaveLength(9);
});

test("delivery: index, offset, fence and slot", () => {
  const right: Method<Partition, "mac"> = [index, offset, fence];
  // @ts-expect-error: (index, fence, offset)
  const mac: Method<Partition, "mac"> = [index, fence, offset];
  // @ts-expect-error: (offset, index)
  const found: Method<MessageStore, "find"> = [offset, index];
  // @ts-expect-error: what it gives is a slot
  const given: LogIndex = 0 as ReturnType<MessageStore["find"]>;
  // @ts-expect-error: the slot at an index
  const lease: Parameters<typeof leaseAt>[1] = index;
  // @ts-expect-error: index and fence of a lease
  const name: Parameters<typeof compareLeases>[0] = { index: fence, offset, fence: index };
  // @ts-expect-error: (offset, index)
  const id: Parameters<typeof encodeMessageId> = [0, 1, offset, index];
  expect([right, mac, found, given, lease, name, id]).toHaveLength(7);
});

test("between them: what leaders tell observers, and edges remember", () => {
  // @ts-expect-error: (term, index)
  const proposed: Method<HostObserver, "proposed"> = [1, term, index, 0];
  // @ts-expect-error: (term, index)
  const seed: Parameters<typeof entrySeed> = [0, 0, 1, term, index];
  // @ts-expect-error: a term's grant
  const handled: Method<HandledGrants, "mark"> = [term, 1];
  expect([proposed, seed, handled]).toHaveLength(3);
});
