// rev-F9: a member that lies, in frames that no honest one would send. Nobody's replica stops for it, at apply or
// beside it, and the group goes on.

import { encodeBlock, encodeIntent, EntryKind } from "@disheap/core";
import { expect, test } from "vitest";
import { keyOf } from "./partition-keys.js";
import { createTopic, quietWorld, type QuietWorld } from "./quiet-world.js";

const LEADER = 2;
const LIAR = 3;

/** The rules would name the liar. */
function stage(): QuietWorld {
  const q = quietWorld(3, {}, false);
  q.advance(2_000);
  createTopic(q, "jobs", 2);
  q.advance(1_000);
  expect(replicaOf(q, LEADER).raft.isLeader).toBe(true);
  return q;
}

function replicaOf(q: QuietWorld, node: number) {
  const replica = q.world.host(node)?.context.groups.get(1);
  if (replica?.machine.kind !== "partition") throw new Error(`n${node} holds group 1`);
  return { raft: replica.raft, replica, partition: replica.machine.partition };
}

const contextOf = (q: QuietWorld, node: number) => {
  const host = q.world.host(node);
  if (!host) throw new Error(`n${node} is up`);
  return host.context;
};

const enqueue = (q: QuietWorld) =>
  q.ask(1, {
    op: "enqueue",
    topic: "jobs",
    payload: Uint8Array.of(1),
    priorityHi: 0,
    priorityLo: 1,
    partitionKey: keyOf(q, 1),
  });

function nobodyStopped(q: QuietWorld): void {
  for (const node of [1, LEADER, LIAR]) {
    expect(replicaOf(q, node).replica.stoppedBecause, `n${node}`).toBeUndefined();
  }
}

test("the release of a lease that the same entry grants", () => {
  const q = stage();
  for (let i = 0; i < 5; i += 1) expect(enqueue(q)).toMatchObject({ ok: true });
  const { partition } = replicaOf(q, LEADER);
  const { messages, ready } = partition;
  const first = ready.first();
  const before = ready.size;
  const place = { index: messages.index[first], offset: messages.offset[first], fence: 1 };
  const liar = contextOf(q, LIAR);
  const head = { group: 1, edgeIncarnation: liar.incarnation };
  const round = { stream: 77, round: 1, n: 1, visibilityMs: 10_000, serial: 1 };
  liar.send(LEADER, {
    kind: "grant.request",
    ...head,
    ...round,
    isStanding: false,
    bound: undefined,
  });
  const intent = encodeIntent({ kind: "release.undelivered", ...place });
  const request = { requestId: 2 ** 40, attempt: 1, isOnce: false } as const;
  liar.send(LEADER, {
    kind: "request",
    ...head,
    ...request,
    action: { type: "propose", intent },
  });
  q.advance(1_000);
  nobodyStopped(q);
  expect([ready.size, partition.counts.inflightMessages]).toEqual([before, 0]);
  expect(messages.fence[first]).toBe(1);
});

test("an append whose entry is older than the one before it", () => {
  const q = stage();
  expect(enqueue(q)).toMatchObject({ ok: true });
  q.advance(500);
  const { raft } = replicaOf(q, LEADER);
  const { log, term } = raft;
  const entry = { kind: EntryKind.noop, stampMs: log.lastStampMs - 1, seedHi: 0, seedLo: 0 };
  const { lastIndex, lastTerm } = log;
  const block = encodeBlock(1, lastIndex + 1, term, lastTerm, [{ ...entry, intents: [] }]);
  // It speaks for the leader it is, of an entry that it never had.
  for (const to of [1, LIAR]) {
    contextOf(q, LEADER).send(to, {
      kind: "append",
      group: 1,
      incarnation: raft.incarnation,
      term,
      seq: 1_000,
      isStart: true,
      prevIndex: lastIndex,
      prevTerm: lastTerm,
      commit: lastIndex + 1,
      blocks: [{ bytes: block.bytes, use: 1 }],
    });
  }
  q.advance(1_000);
  nobodyStopped(q);
  expect(enqueue(q)).toMatchObject({ ok: true });
});

test("a vote in the last of all terms", () => {
  const q = stage();
  const { raft } = replicaOf(q, LEADER);
  for (const to of [1, LEADER]) {
    contextOf(q, LIAR).send(to, {
      kind: "vote",
      group: 1,
      incarnation: raft.incarnation,
      term: 2 ** 32 - 1,
      lastIndex: 1_000,
      lastTerm: 1_000,
      isTransfer: true,
    });
  }
  q.advance(5_000);
  expect(raft.term).toBeLessThan(1_000);
  expect(enqueue(q)).toMatchObject({ ok: true });
});

test("two clocks of three at the end of all time, when the cluster forms", () => {
  const offsetMs = 2 ** 48 - 2 ** 41;
  const q = quietWorld(3, {}, false);
  for (const node of [1, 2]) q.world.node(node).skewMs += offsetMs;
  q.advance(3_000);
  expect(createTopic(q, "jobs", 2)).toMatchObject({ ok: true });
  q.advance(8_000);
  expect(createTopic(q, "more", 1)).toMatchObject({ ok: true });
  expect(enqueue(q)).toMatchObject({ ok: true });
});
