import {
  encodeIntent,
  encodeLeaseToken,
  type ClientEffect,
  type Intent,
  type PeerMessage,
} from "@disheap/core";
import { expect, test } from "vitest";
import { GrantsHandled } from "../../../../src/oracle/rules/streams/grants-handled.js";
import { breaks, FakeWorld, handed, item, fakeRaft } from "../states.js";

type GrantedItem = Extract<PeerMessage, { kind: "granted" }>["items"][number];

const LEASE = { index: 2, offset: 0, fence: 1 };
const GRANTED_ITEM: GrantedItem = {
  ...LEASE,
  attempts: 1,
  maxRetries: 1,
  priorityHi: 0,
  priorityLo: 1,
  enqueuedMs: 10,
  deadlineMs: 30_000,
  leaseMs: 30_000,
  mac: new Uint8Array(16),
  payload: Uint8Array.of(1),
  producer: undefined,
};

const granted = (edgeIncarnation = 1, items = [GRANTED_ITEM], index = 9): PeerMessage => ({
  kind: "granted",
  group: 1,
  term: 1,
  edgeIncarnation,
  stream: 3,
  round: 1,
  grantedInRound: 1,
  index,
  state: "final",
  serial: 4,
  items,
});

const propose = (intent: Intent): PeerMessage => ({
  kind: "request",
  group: 1,
  edgeIncarnation: 1,
  requestId: 7,
  attempt: 1,
  isOnce: false,
  action: { type: "propose", intent: encodeIntent(intent) },
});

const release = (fence: number): PeerMessage =>
  propose({ kind: "release.undelivered", ...LEASE, fence });
const RELEASE = release(1);

const DELIVERY = handed(
  item({ fence: 1, leaseToken: encodeLeaseToken({ group: 1, ...LEASE, mac: new Uint8Array(16) }) }),
);

/** A grant has come to the edge on node 1, which takes turns until a time. */
function stage(message = granted()) {
  const world = new FakeWorld();
  world.put(1, fakeRaft());
  const rule = new GrantsHandled();
  rule.attach(world);
  const turns = (untilMs: number): void => {
    for (; world.queue.nowUs <= untilMs * 1000; world.queue.nowUs += 100_000) rule.afterTurn(1);
  };
  turns(1_000);
  rule.received(1, message);
  return { rule, world, turns };
}

test("Q22: a grant that is neither handed over nor given back is noticed", () => {
  const { turns } = stage();
  turns(20_000);
  const error = breaks("Q22", () => turns(22_000));
  expect(error.message).toContain("lease 1 came to n1");
  expect(error.first?.text).toBe("entry 9 granted lease 1 to stream 3, round 1");
});

test("Q22: one that is handed over or given back is right, and so is its copy", () => {
  const delivered = stage();
  delivered.rule.clientEffect(1, DELIVERY);
  delivered.rule.received(1, granted());
  delivered.turns(50_000);
  const back = stage();
  back.rule.sent(1, 2, RELEASE);
  back.turns(50_000);
  // A digest named it before it came.
  const early = stage(granted(1, []));
  early.rule.sent(1, 2, RELEASE);
  early.rule.received(1, granted());
  early.turns(50_000);
});

test("Q22: nothing is owed for a topic that is gone, nor by another life", () => {
  const gone = stage();
  gone.world.put(1);
  gone.turns(50_000);
  stage(granted(2)).turns(50_000);
  const reborn = stage();
  const host = reborn.world.put(1, fakeRaft());
  reborn.world.hosts.set(1, { ...host, context: { ...host.context, incarnation: 2 } });
  reborn.turns(50_000);
});

test("Q22: a node that made no turn meanwhile is not accused", () => {
  const { world, turns } = stage();
  turns(5_000);
  world.queue.nowUs += 60_000_000;
  turns(80_000);
});

const REQUEST: Extract<PeerMessage, { kind: "grant.request" }> = {
  kind: "grant.request",
  group: 1,
  edgeIncarnation: 1,
  stream: 3,
  round: 1,
  n: 5,
  visibilityMs: 30_000,
  isStanding: true,
  bound: undefined,
  serial: 4,
};

const CLOSE = propose({
  kind: "stream.close",
  edge: 1,
  edgeIncarnation: 1,
  stream: 3,
  graceMs: 500,
});

/** The edge on node 1 asked; some time later it is granted something and gives it back in the same turn. */
function bounce({ request = REQUEST, afterMs = 500, also = [] as readonly PeerMessage[] } = {}) {
  const world = new FakeWorld();
  world.put(1, fakeRaft());
  const rule = new GrantsHandled();
  rule.attach(world);
  rule.sent(1, 2, request);
  world.queue.nowUs += afterMs * 1000;
  rule.received(1, granted());
  rule.sent(1, 2, RELEASE);
  for (const message of also) rule.sent(1, 2, message);
  rule.afterTurn(1);
}

test("Q22: a grant that answers a young request of an open stream is not given back", () => {
  const error = breaks("Q22", () => bounce());
  expect(error.message).toContain("it answers a request of 500 ms ago for 30000 ms");
});

test("Q22: it may go back when it is old, its stream was closed, counted anew or has several partitions", () => {
  bounce({ afterMs: 16_000 });
  bounce({ also: [CLOSE] });
  bounce({ request: { ...REQUEST, round: 2 } });
  bounce({ request: { ...REQUEST, isStanding: false } });
  bounce({ request: { ...REQUEST, serial: 3 } });
});

/** Stream 9 of a client was handed one item, and then is granted another one, which goes back. */
function bounceLater(index: number, meanwhile: readonly ClientEffect[]) {
  const { rule } = stage(granted(1, []));
  rule.sent(1, 2, REQUEST);
  rule.received(1, granted());
  rule.clientEffect(1, DELIVERY);
  for (const effect of meanwhile) rule.clientEffect(1, effect);
  rule.received(1, granted(1, [{ ...GRANTED_ITEM, fence: 2 }], index));
  rule.sent(1, 2, release(2));
  rule.afterTurn(1);
}

test("Q22: what comes after a later grant goes back, and what a stalled or ended stream is granted", () => {
  bounceLater(8, []);
  bounceLater(12, [{ kind: "stream.recall", streamId: 9 }]);
  bounceLater(12, [{ kind: "stream.end", streamId: 9 }]);
  breaks("Q22", () => bounceLater(12, [{ kind: "stream.recall", streamId: 8 }]));
});

test("Q22: a grant that a digest named before it came is not handed over any more", () => {
  const { rule, turns } = stage(granted(1, []));
  rule.sent(1, 2, REQUEST);
  const lease = { ...LEASE, stream: 3, round: 1, grantIndex: 9 };
  rule.received(1, {
    kind: "digest",
    group: 1,
    edgeIncarnation: 1,
    stream: 0,
    isLast: true,
    leases: [lease],
  });
  rule.received(1, granted(1, [{ ...GRANTED_ITEM, fence: 2 }]));
  rule.sent(1, 2, RELEASE);
  turns(50_000);
});
