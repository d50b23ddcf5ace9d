// D-91: grants that nobody heard of, thousands at a time and for minutes. However many they are and however long
// it takes until their edge can be asked, none of them costs an attempt or buries its message.

import { expect, test } from "vitest";
import { createTopic, quietWorld, type QuietWorld } from "./quiet-world.js";
import { Reader } from "./reader.js";

/** Group 1 has the voters 2, 3 and 1, and node 2 leads it first. */
const [EDGE, LEADER] = [1, 2];

function stage(limits = {}): QuietWorld {
  const q = quietWorld(3, { limits }, false);
  q.advance(2_000);
  createTopic(q, "jobs", 1);
  q.advance(1_000);
  return q;
}

/** Frames that `isLost` names are lost for so long. */
function lose(q: QuietWorld, ms: number, isLost: (from: number, to: number) => boolean): void {
  const { network } = q.world;
  const untilUs = q.world.queue.nowUs + ms * 1000;
  const before = network.onFrame;
  network.onFrame = (from, to, frame) =>
    q.world.queue.nowUs < untilUs && isLost(from, to) ? [] : (before?.(from, to, frame) ?? [0]);
}

function enqueue(q: QuietWorld, count: number, delayMs = 0): void {
  const message = {
    topic: "jobs",
    payload: Uint8Array.of(1),
    priorityHi: 0,
    maxRetries: 0,
    delayMs,
  };
  for (let i = 0; i < count; i += 1) {
    q.hub.request(LEADER, { op: "enqueue", ...message, priorityLo: i }, () => undefined);
  }
}

function counts(q: QuietWorld): { dead: number; timeouts: number } {
  for (const { number } of q.world.nodes) {
    const replica = q.world.host(number)?.context.groups.get(1);
    if (!replica?.isServing || replica.machine.kind !== "partition") continue;
    const { dlqMessages: dead, totalTimeouts: timeouts } = replica.machine.partition.counts;
    return { dead, timeouts };
  }
  throw new Error("group 1 has no leader");
}

function delivered(reader: Reader): number {
  return new Set(reader.items.map((item) => item.messageId)).size;
}

/** More than fit one message, and than a stream remembers grants. */
const MANY = 6_000;

test("D-91: six thousand grants that never left their leader are all delivered", () => {
  const q = stage({ turnRowsMax: 1_000 });
  const reader = new Reader(q, EDGE, MANY, 1_000);
  q.advance(300);
  lose(q, 2_500, (from, to) => from === LEADER && to === EDGE);
  enqueue(q, MANY);
  q.advance(2_400);
  expect(counts(q)).toEqual({ dead: MANY, timeouts: MANY });
  q.advance(18_000);
  expect(delivered(reader)).toBe(MANY);
  expect(reader.attempts.every((attempts) => attempts === 1)).toBe(true);
}, 60_000);

/** The edge is cut off, time goes on in the partition all the same. */
function outage(q: QuietWorld, ms: number): void {
  lose(q, ms, (from, to) => from === EDGE || to === EDGE);
  for (let passed = 0; passed < ms; passed += 1_000) {
    enqueue(q, 1, 1_000_000);
    q.advance(1_000);
  }
}

test("D-91: grants that were lost more than a minute before anybody could ask are delivered", () => {
  const q = stage();
  const reader = new Reader(q, EDGE, 100, 1_000);
  q.advance(300);
  enqueue(q, 100);
  outage(q, 75_000);
  expect(counts(q)).toEqual({ dead: 100, timeouts: 100 });
  q.advance(20_000);
  expect(delivered(reader)).toBe(100);
  expect(reader.attempts.every((attempts) => attempts === 1)).toBe(true);
}, 60_000);

test("D-91: a consumer that left in such an outage costs its grants nothing either", () => {
  const q = stage();
  const reader = new Reader(q, EDGE, 100, 1_000);
  q.advance(300);
  enqueue(q, 100);
  lose(q, 2_000, (from, to) => from === EDGE || to === EDGE);
  q.advance(1_000);
  reader.send("stream.cancel");
  outage(q, 150_000);
  expect(counts(q).timeouts).toBe(100);
  q.advance(20_000);
  expect([delivered(reader), counts(q).dead]).toEqual([0, 0]);
}, 60_000);
