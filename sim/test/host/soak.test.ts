// An hour in which topics, consumers and producers come and go. Whatever a node holds for others is back
// where it was afterwards: nothing adds up.

import type { Census } from "@disheap/core";
import { expect, test } from "vitest";
import { createTopic, quietWorld, type QuietWorld } from "./quiet-world.js";
import { Reader } from "./reader.js";

const NODES = [1, 2, 3];
const MINUTES = 60;
const ENQUEUE = { op: "enqueue", topic: "jobs", priorityHi: 0 } as const;
const DELETE = { op: "topic.delete", topic: "jobs", force: true, confirmationToken: "" } as const;

function census(q: QuietWorld): (Census | undefined)[] {
  return NODES.map((n) => q.world.host(n)?.census());
}

/** Consumers that wait in vain, take and hold, take and settle; producers of one message each. */
function useTopic(q: QuietWorld, round: number): void {
  const idle = NODES.map((n) => new Reader(q, n, 5));
  q.advance(200);
  for (const reader of idle) reader.send("stream.cancel");
  for (let i = 0; i < 12; i += 1) {
    const producerId = `producer-${round}-${i}`;
    const producer = { producerId, epochHi: 0, epochLo: 1, sequenceHi: 0, sequenceLo: 1 };
    const message = { payload: Uint8Array.of(i), priorityLo: i, producer };
    q.hub.request(1 + (i % 3), { ...ENQUEUE, ...message }, () => undefined);
  }
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

test("an hour of comings and goings leaves nothing behind", () => {
  const q = quietWorld(3, {}, false);
  q.advance(3_000);
  for (const n of NODES) q.ask(n, { op: "stats" });
  q.advance(1_000);
  const before = census(q);
  for (let round = 0; round < MINUTES; round += 1) {
    expect(createTopic(q, "jobs", 1 + (round % 3))?.ok).toBe(true);
    q.advance(500);
    useTopic(q, round);
    expect(q.ask(1 + (round % 3), DELETE)?.ok).toBe(true);
    q.advance(57_000);
  }
  // Beyond what is remembered of closed streams.
  q.advance(70_000);
  expect(census(q)).toEqual(before);
}, 240_000);
