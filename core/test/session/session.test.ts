// What waits in a session and what its carrier has of it: batches by the end of their leases, numbers in the order of
// what was written, and since when a client takes nothing.

import { decodeSessionOut, u32At } from "@disheap/proto/session";
import { expect, test } from "vitest";
import type { DeliveryBatch } from "../../src/session/delivery-batch.js";
import { hasNews, takeParts } from "../../src/session/parts.js";
import { type Consumer, Session } from "../../src/session/session.js";

const PLACE = { group: 3, partition: 0, incarnation: 1, voters: [1] };

function consumer(handle: number): Consumer {
  return {
    handle,
    clientStream: -handle,
    reportsStarted: true,
    credits: 2,
    roomSinceMs: 0,
    isEnded: false,
    isClosed: false,
  };
}

function add(session: Session, to: Consumer, index: number, leftMs: number, nowMs = 0): void {
  session.batchFor(to, nowMs, leftMs).add(PLACE, {
    index,
    offset: 0,
    fence: 1,
    attempts: 1,
    maxRetries: 3,
    priorityHi: 0,
    priorityLo: 0,
    enqueuedMs: 1,
    deadlineMs: 2,
    leaseMs: leftMs,
    mac: new Uint8Array(16),
    payload: Uint8Array.of(index),
    producer: undefined,
  });
}

const sizes = (batches: readonly DeliveryBatch[]): string =>
  batches.map(({ clientStream, rows }) => `${clientStream}: ${rows}`).join(", ");

const make = (): Session => new Session(1, 1000, 4 << 20);

test("deliveries of one consumer share a batch as long as their leases end together", () => {
  const session = make();
  const [a, b] = [consumer(1), consumer(2)];
  add(session, a, 1, 500);
  add(session, b, 2, 500);
  add(session, a, 3, 500);
  add(session, a, 4, 400);
  add(session, a, 5, 400);
  expect(sizes(session.batches)).toBe("-1: 2, -2: 1, -1: 2");
  expect(sizes(session.takeBatches())).toBe("-1: 2, -2: 1, -1: 2");
  // What was taken does not grow any more.
  add(session, a, 6, 400);
  expect(sizes(session.batches)).toBe("-1: 1");
});

test("SES2: what was written has the next numbers; what went back has none", () => {
  const session = make();
  const one = consumer(1);
  session.consumers.set(1, one);
  for (const [index, leftMs] of [5, 6, 7].entries()) {
    add(session, one, index, leftMs);
    for (const batch of session.takeBatches()) session.hand(batch, 0);
  }
  // Credits, and what waits.
  expect(session.promised).toBe(5);
  expect(session.ring.size).toBe(0);
  expect(sizes(session.settle(1, true))).toBe("-1: 1");
  session.settle(1, false);
  session.settle(1, true);
  expect([...session.ring.entries()].map(([number, { index }]) => [number, index])).toEqual([
    [1, 0],
    [2, 2],
  ]);
  expect(session.promised).toBe(4);
  expect(() => session.settle(1, true)).toThrow("SES2");
});

test("words go around the deliveries: answers before, ends behind", () => {
  const session = make();
  session.answers.settledRow(1, 0);
  session.ended.push({ consumer: 1, code: 0, message: "" });
  add(session, consumer(1), 1, 500);
  const parts = takeParts(session);
  expect(parts.map(({ rows }) => rows)).toEqual([0, 1, 0]);
  const [answers, deliveries, ends] = parts.map((part) => decodeSessionOut(part.encode(7, 300)));
  expect(answers?.settled).toMatchObject([{ call: 1, firstRow: 0, count: 1 }]);
  expect(deliveries?.delivered[0]?.firstDelivery).toBe(7);
  expect(deliveries?.delivered.map(({ leaseLeftMs }) => u32At(leaseLeftMs, 0))).toEqual([300]);
  expect(ends?.ended).toMatchObject([{ consumer: 1 }]);
  expect(hasNews(session)).toBe(false);
  expect(takeParts(session)).toEqual([]);
});

test("a client takes nothing since the oldest of what waits, or since a recall", () => {
  const session = make();
  expect(session.waitsSinceMs).toBe(Infinity);
  session.recalledMs = 40;
  expect(session.waitsSinceMs).toBe(40);
  session.wordsHandedMs.push(30);
  expect(session.waitsSinceMs).toBe(30);
  add(session, consumer(1), 1, 500);
  for (const batch of session.takeBatches()) session.hand(batch, 20);
  expect(session.waitsSinceMs).toBe(20);
  session.settle(1, false);
  expect(session.waitsSinceMs).toBe(30);
});

test("SES3, SES4: no more is answered than came, and rows wait in the batches that are handed over", () => {
  const session = make();
  session.receive(10);
  session.answered(10);
  expect(() => session.answered(1)).toThrow(/^SES3/);
  const a = consumer(1);
  add(session, a, 1, 500);
  for (const batch of session.takeBatches()) {
    session.hand(batch, 0);
    batch.deliveries.pop();
  }
  expect(() => session.settle(1, true)).toThrow(/^SES4/);
});
