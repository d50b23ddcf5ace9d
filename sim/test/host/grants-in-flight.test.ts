// Grants and requests that get lost, come late, come twice or cross each other on the wire: decisions
// D-7, D-22, D-23. All rules watch, but for one.

import { encodeLeaseToken, encodeMessageId, type ClientResult } from "@disheap/core";
import { expect, test } from "vitest";
import { createTopic, quietWorld, type QuietWorld } from "./quiet-world.js";
import { Reader } from "./reader.js";
import { LOST, onMessage, type MessageOf } from "./wire.js";

/** Group 1 has the voters 2, 3 and 1, and node 2 leads it first. */
const [EDGE, LEADER] = [1, 2];

function stage(partitions: number, streamModel = true, withRules = true): QuietWorld {
  const base = quietWorld(3).world.plan;
  const q = quietWorld(3, { network: { ...base.network, streamModel } }, withRules);
  q.advance(2_000);
  createTopic(q, "jobs", partitions);
  q.advance(1_000);
  expect(q.world.host(LEADER)?.context.groups.get(1)?.raft.isLeader).toBe(true);
  return q;
}

let sequence = 0;

/** Enqueues at the leader, with keys of the first partition when there are several. */
function enqueue(q: QuietWorld, count: number, partitionKey?: string, priorityLo = 0): void {
  for (let i = 0; i < count; i += 1) {
    sequence += 1;
    const payload = Uint8Array.of(sequence >> 8, sequence & 255);
    const message = { topic: "jobs", payload, priorityHi: 0, priorityLo, maxRetries: 3 };
    const key = partitionKey === undefined ? {} : { partitionKey };
    q.hub.request(LEADER, { op: "enqueue", ...message, ...key }, () => undefined);
  }
}

/** A key whose messages go to the group. */
function keyOf(q: QuietWorld, group: number): string {
  for (let i = 0; i < 50; i += 1) {
    const partitionKey = `k${i}`;
    const message = { topic: "jobs", payload: Uint8Array.of(1), priorityHi: 0, priorityLo: 0 };
    const answer = q.ask(LEADER, { op: "enqueue", ...message, partitionKey });
    if (answer?.ok && answer.op === "enqueue" && answer.partitionId === group - 1) {
      return partitionKey;
    }
  }
  throw new Error(`no key leads to group ${group}`);
}

const hasItems = (m: MessageOf<"granted">, from: number, to: number): boolean =>
  from === LEADER && to === EDGE && m.group === 1 && m.items.length > 0;

type Item = MessageOf<"granted">["items"][number];

/** As if somebody else had been given the delivery. */
function acknowledge(q: QuietWorld, item: Item): ClientResult | undefined {
  const { index, offset, fence, mac, enqueuedMs } = item;
  const messageId = encodeMessageId(enqueuedMs, 1, index, offset);
  const leaseToken = encodeLeaseToken({ group: 1, index, offset, fence, mac });
  return q.ask(LEADER, { op: "ack", topic: "jobs", messageId, leaseToken });
}

test("D-23: grants of the old and the new round together exceed the credits, what is written does not", () => {
  // Without rules: they know of no token that nobody was given.
  const q = stage(1, true, false);
  const reader = new Reader(q, EDGE, 5, 5_000);
  q.advance(300);
  let isLosing = true;
  const lost: Item[] = [];
  onMessage(q, "granted", (m, from, to) => {
    if (!isLosing || !hasItems(m, from, to)) return undefined;
    lost.push(...m.items);
    return LOST;
  });
  onMessage(q, "digest", (_m, from) => {
    if (isLosing && from === LEADER) enqueue(q, 8);
    isLosing = false;
    return undefined;
  });
  let requests = 0;
  onMessage(q, "grant.request", (m, from) => {
    if (from !== EDGE || m.round !== 2 || requests === 2) return undefined;
    requests += 1;
    return [30 * requests];
  });
  enqueue(q, 2);
  q.advance(50);
  expect(lost.length).toBe(2);
  // They end in a way of which no digest tells, so the edge counts anew. Meanwhile the leader goes on with the
  // old round.
  for (const item of lost) expect(acknowledge(q, item)).toMatchObject({ ok: true });
  for (let waited = 0; isLosing && waited < 7_000; waited += 1) q.advance(1);
  q.advance(100);
  expect(requests).toBe(2);
  expect(reader.attempts).toEqual([1, 1, 1, 1, 1]);
  // The surplus went back: it is delivered for the first time when credits come.
  reader.sendCredits(3);
  q.advance(100);
  expect(reader.attempts).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
});

test("D-23: a grant that comes after a later one goes back, and comes again in its turn", () => {
  const q = stage(1, false);
  const reader = new Reader(q, EDGE, 5);
  q.advance(300);
  let held = 0;
  onMessage(q, "granted", (m, from, to) => {
    if (!hasItems(m, from, to)) return undefined;
    held += 1;
    return held === 1 ? [20] : undefined;
  });
  enqueue(q, 1);
  q.advance(5);
  enqueue(q, 1);
  q.advance(500);
  expect(reader.items.map(({ attempts, fence }) => [attempts, fence])).toEqual([
    [1, 1],
    [1, 2],
  ]);
});

test("D-7: a copy of an older round's request is granted nothing", () => {
  const q = stage(3, false);
  const key = keyOf(q, 1);
  let copies = 0;
  onMessage(q, "grant.request", (m, from) => {
    if (from !== EDGE || m.group !== 1 || copies > 0) return undefined;
    copies += 1;
    return [0, 100];
  });
  enqueue(q, 6, key);
  q.advance(100);
  const reader = new Reader(q, EDGE, 1);
  q.advance(50);
  reader.sendCredits(1);
  q.advance(40);
  const granted = (): number | undefined => {
    const machine = q.world.host(LEADER)?.context.groups.get(1)?.machine;
    return machine?.kind === "partition" ? machine.partition.counts.totalPops : undefined;
  };
  expect([copies, reader.items.length, granted()]).toEqual([1, 2, 2]);
  q.advance(100);
  expect([reader.items.length, granted()]).toEqual([2, 2]);
});

for (const partitions of [1, 3]) {
  test(`D-22: ${partitions} partition(s): a grant that died with its leader goes back and costs no attempt`, () => {
    const q = stage(partitions);
    const key = partitions > 1 ? keyOf(q, 1) : undefined;
    const reader = new Reader(q, EDGE, 40, 30_000);
    q.advance(300);
    const before = reader.items.length;
    let lost = 0;
    onMessage(q, "granted", (m, from, to) => {
      if (!hasItems(m, from, to)) return undefined;
      lost += 1;
      return LOST;
    });
    enqueue(q, 1, key);
    q.advance(30);
    expect(lost).toBe(1);
    q.world.kill(LEADER);
    q.advance(6_000);
    expect(reader.attempts.slice(before)).toEqual([1]);
    q.world.start(LEADER);
    q.advance(3_000);
  });
}

test("D-23: credits whose grants got lost are spent again, also for other partitions", () => {
  const q = stage(3);
  const [key, other] = [keyOf(q, 1), keyOf(q, 2)];
  const reader = new Reader(q, EDGE, 40, 30_000);
  q.advance(300);
  const before = reader.items.length;
  let lost = 0;
  onMessage(q, "granted", (m, from, to) => {
    if (lost > 0 || !hasItems(m, from, to)) return undefined;
    lost += 1;
    return LOST;
  });
  enqueue(q, 1, key);
  q.advance(50);
  enqueue(q, 1, other);
  q.advance(3_000);
  expect(lost).toBe(1);
  expect(reader.attempts.slice(before)).toEqual([1, 1]);
});
