// rev-D7: a message that turns ready because its time came, or because somebody gave it back, is granted in
// the very entry that makes it ready, and that entry is made when the time comes. All rules watch.

import { expect, test } from "vitest";
import { createTopic, quietWorld, type QuietWorld } from "./quiet-world.js";
import { Reader } from "./reader.js";

const LEADER = 2;
const MESSAGES = 40;

function stage(): QuietWorld {
  const q = quietWorld(3);
  q.advance(2_000);
  createTopic(q, "jobs", 1);
  q.advance(1_000);
  expect(q.world.host(LEADER)?.context.groups.get(1)?.raft.isLeader).toBe(true);
  return q;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}

/** Milliseconds from now until the reader has one more. */
function untilNext(q: QuietWorld, reader: Reader): number {
  const had = reader.items.length;
  const { queue } = q.world;
  const fromUs = queue.nowUs;
  while (reader.items.length === had && queue.nowUs < fromUs + 5_000_000) queue.runNext(Infinity);
  return (queue.nowUs - fromUs) / 1000;
}

function enqueue(q: QuietWorld, i: number, delayMs = 0): void {
  const message = { topic: "jobs", payload: Uint8Array.of(i), priorityHi: 0, priorityLo: 1 };
  q.ask(LEADER, { op: "enqueue", ...message, delayMs });
}

function logEnd(q: QuietWorld): number {
  return q.world.host(LEADER)?.context.groups.get(1)?.raft.log.lastIndex ?? 0;
}

test("a delayed message comes a few milliseconds after its time, with one entry", () => {
  const q = stage();
  const reader = new Reader(q, LEADER, 1000, 120_000);
  q.advance(500);
  const late: number[] = [];
  for (let i = 0; i < MESSAGES; i += 1) {
    const delayMs = 203 + 7 * i;
    enqueue(q, i, delayMs);
    const end = logEnd(q);
    const machine = q.world.host(LEADER)?.context.groups.get(1)?.machine;
    if (machine?.kind !== "partition") throw new Error("group 1 must be a partition");
    const { partition } = machine;
    const leftMs =
      partition.nextTimerMs - (q.world.host(LEADER)?.context.groups.get(1)?.raft.stampNowMs() ?? 0);
    late.push(untilNext(q, reader) - leftMs);
    expect(logEnd(q) - end).toBe(1);
  }
  expect(reader.items).toHaveLength(MESSAGES);
  expect(median(late)).toBeLessThan(5);
  expect(Math.max(...late)).toBeLessThan(10);
});

test("a message that is rejected without a wait comes to the next one with the same entry", () => {
  const q = stage();
  const first = new Reader(q, LEADER, MESSAGES);
  q.advance(500);
  for (let i = 0; i < MESSAGES; i += 1) enqueue(q, i);
  expect(first.items).toHaveLength(MESSAGES);
  const second = new Reader(q, LEADER, MESSAGES);
  q.advance(500);
  const end = logEnd(q);
  const back: number[] = [];
  for (const { messageId, leaseToken } of [...first.items]) {
    const request = { op: "nack" as const, topic: "jobs", messageId, leaseToken, backoffMs: 0 };
    q.hub.request(LEADER, request, () => undefined);
    back.push(untilNext(q, second));
    q.advance(13);
  }
  expect(median(back)).toBeLessThan(8);
  expect(logEnd(q) - end).toBe(MESSAGES);
});

test("a message that was never written comes to the next one with the entry that gives it back", () => {
  const q = stage();
  const back: number[] = [];
  for (let i = 0; i < 10; i += 1) {
    const deaf = new Reader(q, LEADER, 1);
    q.hub.stopReading(deaf.stream, 0);
    q.advance(50);
    enqueue(q, i);
    const next = new Reader(q, LEADER, 1);
    q.advance(300);
    expect(next.items).toEqual([]);
    const end = logEnd(q);
    deaf.send("stream.cancel");
    back.push(untilNext(q, next));
    // What gives it back, and the close of the stream.
    expect(logEnd(q) - end).toBe(1);
    expect(next.attempts).toEqual([1]);
    for (const { messageId, leaseToken } of next.items) {
      q.ask(LEADER, { op: "ack", topic: "jobs", messageId, leaseToken });
    }
    next.send("stream.cancel");
    q.advance(50);
  }
  expect(median(back)).toBeLessThan(8);
});
