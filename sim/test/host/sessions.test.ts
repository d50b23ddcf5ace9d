// Sessions as their contract describes them (docs/api/session.md), on a world without faults.

import { loAt, SETTLE, u32At } from "@disheap/proto/session";
import { expect, test } from "vitest";
import { HELLO, JOBS, numbers, rows, sessionWorld } from "./raw-session.js";

const CONSUMER = { handle: 1, topic: 1, reportsStarted: true };

test("a call of many rows is answered by one range, in one entry", () => {
  const { q, open } = sessionWorld();
  const session = open().send({ ...JOBS, enqueue: [rows(100)] });
  q.advance(1_000);
  const [range] = session.frames.flatMap(({ enqueued }) => enqueued);
  expect(range).toMatchObject({ call: 1, firstRow: 0, count: 100, partition: 0, firstOffset: 0 });
  expect(session.frames.flatMap(({ enqueued }) => enqueued)).toHaveLength(1);
});

test("deliveries come best first and numbered, and are settled by their numbers", () => {
  const { q, open } = sessionWorld();
  const session = open().send({
    ...JOBS,
    consumer: [CONSUMER],
    enqueue: [rows(10)],
    credit: [{ consumer: 1, count: 4 }],
  });
  q.advance(1_000);
  const [batch] = session.deliveries;
  expect(batch?.firstDelivery).toBe(1);
  expect([0, 1, 2, 3].map((row) => batch && loAt(batch.priority, row))).toEqual([0, 1, 2, 3]);
  session.send({ settle: [{ call: 2, kind: SETTLE.ack, delivery: numbers(1, 2, 3, 4) }] });
  q.advance(1_000);
  expect(session.frames.flatMap(({ settled }) => settled)).toMatchObject([
    { call: 2, firstRow: 0, count: 4 },
  ]);
  expect(q.ask(1, { op: "stats", topic: "jobs" })).toMatchObject({
    global: { totalAcks: 4, totalMessages: 6, inflightMessages: 0 },
  });
});

test("an orderly end gives back what was not started, without an attempt, and keeps the rest", () => {
  const { q, open } = sessionWorld();
  const session = open().send({
    ...JOBS,
    consumer: [CONSUMER],
    enqueue: [rows(5)],
    credit: [{ consumer: 1, count: 5 }],
  });
  q.advance(1_000);
  expect(session.deliveredRows).toBe(5);
  session.send({ started: [{ firstDelivery: 1, count: 2 }], ends: true });
  q.advance(1_000);
  expect(session.end).toEqual({ failure: undefined });
  const peek = q.ask(1, { op: "peek", topic: "jobs", limit: 10, includeDlq: true });
  const items = peek?.ok === true && peek.op === "peek" ? peek.items : [];
  const standing = (isLeased: boolean): number[] =>
    items.filter((item) => item.isLeased === isLeased).map(({ attempts }) => attempts);
  expect(standing(true)).toEqual([1, 1]);
  expect(standing(false)).toEqual([0, 0, 0]);
});

test("a broken link shortens the leases of its consumers to the grace", () => {
  const { q, open } = sessionWorld({ disconnectGraceMs: 2_000 });
  const session = open().send({
    ...JOBS,
    consumer: [CONSUMER],
    enqueue: [rows(3)],
    credit: [{ consumer: 1, count: 3 }],
  });
  q.advance(1_000);
  session.gone();
  q.advance(1_500);
  expect(q.ask(1, { op: "stats", topic: "jobs" })).toMatchObject({
    global: { inflightMessages: 3 },
  });
  q.advance(2_500);
  expect(q.ask(1, { op: "stats", topic: "jobs" })).toMatchObject({
    global: { inflightMessages: 0 },
  });
});

test("a client hears where the leader is, by the node's name", () => {
  const { q, open } = sessionWorld();
  const session = open(2).send({ ...JOBS, enqueue: [rows(1)] });
  q.advance(1_500);
  const leader = [1, 2, 3].find((n) => q.world.host(n)?.context.groups.get(1)?.raft.isLeader);
  expect(session.frames.flatMap(({ route }) => route)).toEqual([
    { topic: 1, partition: 0, node: `n${leader}` },
  ]);
});

test("a client that reads nothing loses its session, and what it was sent goes to others uncounted", () => {
  const { q, open } = sessionWorld();
  const silent = open().stopReading();
  silent.send({
    ...JOBS,
    consumer: [CONSUMER],
    enqueue: [rows(3)],
    credit: [{ consumer: 1, count: 3 }],
  });
  q.advance(7_000);
  expect([silent.handedRows, silent.deliveredRows]).toEqual([3, 0]);
  expect(silent.end?.failure?.code).toBe("UNAVAILABLE");
  const other = open().send({
    ...JOBS,
    consumer: [CONSUMER],
    credit: [{ consumer: 1, count: 3 }],
  });
  q.advance(1_000);
  expect(other.deliveredRows).toBe(3);
  const attempts = other.deliveries.flatMap((batch) => [...batch.attempts]);
  expect(attempts.filter((byte) => byte !== 0)).toEqual([1, 1, 1]);
});

/** Messages that wait, and a session that has stopped reading when they come to it. */
function late(visibilityMs: number, count = 3) {
  const { q, open } = sessionWorld();
  open().send({ ...JOBS, enqueue: [rows(count)] });
  const session = open().send({ ...JOBS });
  q.advance(500);
  session.stopReading();
  session.send({
    consumer: [{ ...CONSUMER, visibilityMs }],
    credit: [{ consumer: 1, count }],
  });
  q.advance(100);
  expect([session.handedRows, session.deliveredRows]).toEqual([count, 0]);
  return { q, open, session };
}

const attemptsIn = (deliveries: readonly { readonly attempts: Uint8Array }[]): number[] =>
  deliveries.flatMap(({ attempts }) =>
    Array.from({ length: attempts.length / 4 }, (_, row) => u32At(attempts, row)),
  );

test("what waited for a slow reader tells what is left of its lease when it is written", () => {
  const { q, session } = late(10_000);
  q.advance(2_000);
  session.readAgain();
  const [batch] = session.deliveries;
  const leftMs = batch ? u32At(batch.leaseLeftMs, 0) : 0;
  expect(leftMs).toBeGreaterThan(7_000);
  expect(leftMs).toBeLessThanOrEqual(8_000);
});

test("what a slow reader could not take in time goes back uncounted, and its session goes on", () => {
  const { q, session } = late(1_000);
  q.advance(2_000);
  expect([session.end, session.deliveredRows]).toEqual([undefined, 0]);
  session.readAgain();
  // What has gone back is asked for anew, not written late.
  expect(session.deliveredRows).toBe(0);
  q.advance(500);
  expect(attemptsIn(session.deliveries)).toEqual([1, 1, 1]);
  expect(session.deliveries[0]?.firstDelivery).toBe(1);
  session.send({ settle: [{ call: 1, kind: SETTLE.ack, delivery: numbers(1, 2, 3) }] });
  q.advance(500);
  expect(session.settledRows).toBe(3);
});

test("a lease that is over at the very write is not written, though nobody has called it back", () => {
  const { q, session } = late(400);
  // Its process stands still, so that nobody calls anything back.
  q.world.node(1).pausedUntilUs = q.world.queue.nowUs + 500_000;
  q.advance(450);
  session.readAgain();
  expect(session.deliveredRows).toBe(0);
});

test("an orderly end with a reader that stopped gives back what was not written, and ends once it reads", () => {
  const { q, session } = late(10_000);
  session.send({ ends: true });
  q.advance(500);
  expect(q.ask(1, { op: "stats", topic: "jobs" })).toMatchObject({
    global: { inflightMessages: 0, totalMessages: 3 },
  });
  session.readAgain();
  expect(session.deliveredRows).toBe(0);
  expect(session.end).toEqual({ failure: undefined });
  expect(session.frames.at(-1)?.end).toMatchObject({ code: 0 });
});

test("what was written and is not reported yet is delivered, when the node ends the session", () => {
  const { q, open } = sessionWorld({ disconnectGraceMs: 5_000 });
  const session = open().send({
    ...JOBS,
    consumer: [CONSUMER],
    enqueue: [rows(2)],
    credit: [{ consumer: 1, count: 2 }],
  });
  while (session.deliveredRows < 2) q.world.queue.runNext(Infinity);
  // A handle that is taken: the session ends.
  session.send({ consumer: [CONSUMER] });
  q.advance(500);
  expect(session.end?.failure?.code).toBe("INVALID_ARGUMENT");
  expect(q.ask(1, { op: "stats", topic: "jobs" })).toMatchObject({
    global: { inflightMessages: 2 },
  });
});

test("a closed consumer asks for nothing in place of what came back", () => {
  const { q, session } = late(1_000, 3);
  session.send({ close: [1] });
  q.advance(1_000);
  session.readAgain();
  q.advance(1_000);
  expect(session.deliveredRows).toBe(0);
  expect(q.ask(1, { op: "stats", topic: "jobs" })).toMatchObject({
    global: { inflightMessages: 0 },
  });
});

test("a message larger than the client takes goes back, and its consumer ends with a sentence", () => {
  const { q, open } = sessionWorld({ limits: { messageBytesMax: 8 << 20 } });
  q.ask(1, {
    op: "topic.create",
    topic: "large",
    settings: { mode: "MIN", partitions: 1, replicationFactor: 3, maxPayloadBytes: 8 << 20 },
  });
  q.advance(500);
  const payload = new Uint8Array(3 << 20);
  q.ask(1, { op: "enqueue", topic: "large", payload, priorityHi: 0, priorityLo: 1 }, 20_000);
  const session = open().send({
    hello: { ...HELLO, receiveBytesMax: 2 << 20 },
    topic: [{ handle: 1, topic: "large" }],
    consumer: [CONSUMER],
    credit: [{ consumer: 1, count: 1 }],
  });
  q.advance(3_000);
  const [end] = session.frames.flatMap(({ ended }) => ended);
  expect(end).toMatchObject({ consumer: 1, code: 8 });
  expect(end?.message).toContain("raise its receive limit");
  const peek = q.ask(1, { op: "peek", topic: "large", limit: 1, includeDlq: true });
  expect(peek).toMatchObject({ items: [{ attempts: 0, isLeased: false }] });
});
