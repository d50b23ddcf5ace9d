import { encodeIntent, encodeLeaseToken, type PeerMessage } from "@disheap/core";
import { expect, test } from "vitest";
import { GrantsHandled } from "../../../src/oracle/rules/grants-handled.js";
import { breaks, FakeWorld, handed, item, replica } from "./states.js";

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

const granted = (edgeIncarnation = 1, items = [GRANTED_ITEM]): PeerMessage => ({
  kind: "granted",
  group: 1,
  term: 1,
  edgeIncarnation,
  stream: 3,
  round: 1,
  grantedInRound: 1,
  index: 9,
  state: "final",
  serial: 4,
  items,
});

const RELEASE: PeerMessage = {
  kind: "request",
  group: 1,
  edgeIncarnation: 1,
  requestId: 7,
  attempt: 1,
  isOnce: false,
  action: { type: "propose", intent: encodeIntent({ kind: "release.undelivered", ...LEASE }) },
};

const DELIVERY = handed(
  item({ fence: 1, leaseToken: encodeLeaseToken({ group: 1, ...LEASE, mac: new Uint8Array(16) }) }),
);

/** A grant has come to the edge on node 1, which takes turns until a time. */
function stage(message = granted()) {
  const world = new FakeWorld();
  world.put(1, replica());
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
  const host = reborn.world.put(1, replica());
  reborn.world.hosts.set(1, { ...host, context: { ...host.context, incarnation: 2 } });
  reborn.turns(50_000);
});

test("Q22: a node that made no turn meanwhile is not accused", () => {
  const { world, turns } = stage();
  turns(5_000);
  world.queue.nowUs += 60_000_000;
  turns(80_000);
});
