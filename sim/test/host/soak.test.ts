// An hour in which topics, consumers, producers and sessions come and go, several topics at a time. Whatever a node
// holds for others is back where it was afterwards: nothing adds up.

import type { Census } from "@disheap/core";
import { SETTLE } from "@disheap/proto/session";
import { expect, test } from "vitest";
import { createTopic, quietWorld, type QuietWorld } from "./quiet-world.js";
import { JOBS, numbers, RawSession, rows } from "./raw-session.js";
import { Reader } from "./reader.js";

const NODES = [1, 2, 3];
const MINUTES = 60;
/** Readers and sessions use the first; all have messages that nobody takes when they are deleted. */
const TOPICS = ["jobs", "mail", "bills"];
const DELETE = { op: "topic.delete", force: true, confirmationToken: "" } as const;
const CONSUMER = { handle: 1, topic: 1, reportsStarted: true };
const CREDITS = 3;

interface Soak {
  readonly q: QuietWorld;
  open(node: number): RawSession;
}

function soakWorld(): Soak {
  const sessions: RawSession[] = [];
  const q = quietWorld(3, {}, false, (node, effect, say) => {
    for (const session of sessions) if (session.node === node) session.hear(effect, say);
  });
  return {
    q,
    open: (node) => {
      const session = new RawSession(q, node);
      sessions.push(session);
      return session;
    },
  };
}

function census(q: QuietWorld): (Census | undefined)[] {
  return NODES.map((n) => q.world.host(n)?.census());
}

function enqueueSome(q: QuietWorld, topic: string, round: number): void {
  for (let i = 0; i < 12; i += 1) {
    const producerId = `producer-${round}-${i}`;
    const producer = { producerId, epochHi: 0, epochLo: 1, sequenceHi: 0, sequenceLo: 1 };
    const message = { payload: Uint8Array.of(i), priorityHi: 0, priorityLo: i, producer };
    q.hub.request(1 + (i % 3), { op: "enqueue", topic, ...message }, () => undefined);
  }
}

/** Consumers that wait in vain, take and hold, take and settle; producers of one message each. */
function useStreams(q: QuietWorld, round: number): void {
  const idle = NODES.map((n) => new Reader(q, n, 5));
  q.advance(200);
  for (const reader of idle) reader.send("stream.cancel");
  for (const topic of TOPICS) enqueueSome(q, topic, round);
  const busy = NODES.map((n) => new Reader(q, n, 3, 5_000));
  q.advance(500);
  for (const { items } of busy.slice(0, 2)) {
    for (const { messageId, leaseToken } of items) {
      const ack = { op: "ack", topic: "jobs", messageId, leaseToken } as const;
      q.hub.request(1, ack, () => undefined);
    }
  }
  busy[0].send("stream.half-close");
  busy[1].send("stream.cancel");
  q.advance(300);
}

/**
 * One session a node: each enqueues and consumes, settles half, and ends in order, is broken off, or is broken off with
 * what it was sent unread. Returns how many rows were enqueued, delivered and settled.
 */
function useSessions({ q, open }: Soak): readonly [number, number, number] {
  const sessions = NODES.map((n) => open(n));
  for (const session of sessions) {
    const credit = [{ consumer: 1, count: CREDITS }];
    session.send({ ...JOBS, consumer: [CONSUMER], enqueue: [rows(8)], credit });
  }
  q.advance(500);
  const [orderly, broken, silent] = sessions;
  for (const session of [orderly, broken]) {
    if (session.deliveredRows < 2) continue;
    const settle = [{ call: 2, kind: SETTLE.ack, delivery: numbers(1, 2) }];
    session.send({ started: [{ firstDelivery: 1, count: 2 }], settle });
  }
  silent.stopReading();
  silent.send({ enqueue: [rows(4, 3)], credit: [{ consumer: 1, count: CREDITS }] });
  q.advance(300);
  orderly.send({ ends: true });
  broken.gone();
  silent.gone();
  q.advance(300);
  expect(orderly.end).toEqual({ failure: undefined });
  // Its transport says so once what was written has left.
  orderly.gone();
  const sum = (of: (session: RawSession) => number): number =>
    sessions.reduce((total, session) => total + of(session), 0);
  return [
    sum((session) => session.enqueuedRows),
    sum((session) => session.deliveredRows),
    sum((session) => session.settledRows),
  ];
}

test("an hour of comings and goings leaves nothing behind", () => {
  const soak = soakWorld();
  const { q } = soak;
  q.advance(3_000);
  for (const n of NODES) q.ask(n, { op: "stats" });
  q.advance(1_000);
  const before = census(q);
  const bySessions = [0, 0, 0];
  for (let round = 0; round < MINUTES; round += 1) {
    TOPICS.forEach((topic, i) => {
      expect(createTopic(q, topic, 1 + ((round + i) % 3))?.ok).toBe(true);
    });
    q.advance(500);
    useStreams(q, round);
    useSessions(soak).forEach((count, i) => {
      bySessions[i] += count;
    });
    TOPICS.forEach((topic, i) => {
      expect(q.ask(1 + ((round + i) % 3), { ...DELETE, topic })?.ok).toBe(true);
    });
    q.advance(55_000);
  }
  // They were used, and not only opened.
  const [enqueued, delivered, settled] = bySessions.map((count) => count / MINUTES);
  expect([enqueued, delivered, settled].map((count) => count > 1)).toEqual([true, true, true]);
  // Beyond what is remembered of closed streams.
  q.advance(70_000);
  expect(census(q)).toEqual(before);
}, 240_000);
