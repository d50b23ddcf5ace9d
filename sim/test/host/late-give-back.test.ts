// D-91: leases that are over before their delivery arrives, and grants that nobody heard of until then. They
// were never delivered, so they cost no attempt and bury nothing. All rules watch.

import { expect, test } from "vitest";
import { createTopic, quietWorld, type QuietWorld } from "./quiet-world.js";
import { Reader } from "./reader.js";
import { LOST, onMessage } from "./wire.js";

/** Group 1 has the voters 2, 3 and 1, and node 2 leads it first. */
const [EDGE, LEADER] = [1, 2];

function stage(sync: { minUs: number; meanUs: number; capUs: number } | undefined): QuietWorld {
  const { disk } = quietWorld(3).world.plan;
  const q = quietWorld(3, sync ? { disk: { ...disk, sync } } : {});
  q.advance(3_000);
  createTopic(q, "jobs", 1);
  q.advance(3_000);
  return q;
}

function enqueue(q: QuietWorld, count: number, maxRetries: number): void {
  for (let i = 0; i < count; i += 1) {
    const message = { topic: "jobs", payload: Uint8Array.of(i), priorityHi: 0, priorityLo: i };
    q.hub.request(LEADER, { op: "enqueue", ...message, maxRetries }, () => undefined);
  }
  q.advance(3_000);
}

interface Found {
  readonly dead: number;
  readonly waiting: number;
  readonly attempts: number;
  readonly timeouts: number;
}

function found(q: QuietWorld): Found {
  const machine = q.world.host(LEADER)?.context.groups.get(1)?.machine;
  if (machine?.kind !== "partition") throw new Error("group 1 is a partition");
  const { counts, messages } = machine.partition;
  let attempts = 0;
  messages.forEach((slot) => (attempts += messages.attempts[slot]));
  const { dlqMessages: dead, totalMessages: waiting, totalTimeouts: timeouts } = counts;
  return { dead, waiting, attempts, timeouts };
}

/** Enqueues a message whose first grant gets lost; `whenLost` runs at that moment. */
function loseOneGrant(q: QuietWorld, whenLost: () => void): void {
  let lost = 0;
  onMessage(q, "granted", (m, from, to) => {
    if (lost > 0 || from !== LEADER || to !== EDGE || m.items.length === 0) return undefined;
    lost += 1;
    whenLost();
    return LOST;
  });
  enqueue(q, 1, 0);
  q.advance(5_000);
  expect(lost).toBe(1);
}

test("rev-A7: a lease of 300 ms while a commit takes longer: nothing is delivered, and nothing is dead", () => {
  const q = stage({ minUs: 400_000, meanUs: 1_000, capUs: 405_000 });
  enqueue(q, 16, 0);
  const reader = new Reader(q, EDGE, 64, 300);
  q.advance(30_000);
  expect(found(q).timeouts).toBeGreaterThan(30);
  expect(reader.items.length).toBe(0);
  reader.send("stream.cancel");
  q.advance(5_000);
  expect(found(q)).toMatchObject({ dead: 0, waiting: 16, attempts: 0 });
});

test("D-91: a grant that died with its leader, and whose lease ran out meanwhile, costs no attempt", () => {
  const q = stage(undefined);
  const reader = new Reader(q, EDGE, 40, 1_000);
  q.advance(300);
  let lost = 0;
  onMessage(q, "granted", (m, from, to) => {
    if (from !== LEADER || to !== EDGE || m.items.length === 0) return undefined;
    lost += 1;
    return LOST;
  });
  const message = { topic: "jobs", payload: Uint8Array.of(1), priorityHi: 0, priorityLo: 0 };
  q.hub.request(LEADER, { op: "enqueue", ...message, maxRetries: 0 }, () => undefined);
  q.advance(30);
  expect(lost).toBe(1);
  q.world.kill(LEADER);
  // No clock but the partition's moves the lease, and that stands still until another one leads.
  q.advance(8_000);
  expect(reader.attempts).toEqual([1]);
  q.world.start(LEADER);
  q.advance(3_000);
});

test("D-91: a grant that got lost, and whose lease ran out before anybody asked, costs no attempt", () => {
  const q = stage(undefined);
  const reader = new Reader(q, EDGE, 40, 200);
  q.advance(300);
  loseOneGrant(q, () => undefined);
  // It was dead for a while, of a delivery that nobody saw; now it was delivered once.
  expect(reader.attempts).toEqual([1]);
  expect(found(q).timeouts).toBeGreaterThan(0);
});

test("D-91: a grant that got lost while its stream closed goes back, and costs no attempt", () => {
  const q = stage(undefined);
  const reader = new Reader(q, EDGE, 40, 200);
  q.advance(300);
  loseOneGrant(q, () => reader.send("stream.cancel"));
  // Nobody waits for it, so nobody counts what is missing: the close itself asks.
  expect(found(q)).toMatchObject({ dead: 0, waiting: 1, attempts: 0 });
});
