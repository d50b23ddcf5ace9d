// rev-C2: consumers of a topic in which nothing happens come and go. What their leaders remember of them goes
// with them: at once when they close, by age when nobody says so.

import { decodeIntent } from "@disheap/core";
import { expect, test } from "vitest";
import { createTopic, quietWorld, type QuietWorld } from "./quiet-world.js";
import { Reader } from "./reader.js";
import { LOST, onMessage } from "./wire.js";

const NODES = [1, 2, 3];
const CONSUMERS = 60;

/** What all leaders hold for consumers. */
function waiting(q: QuietWorld): number {
  const all = NODES.map((n) => q.world.host(n)?.census());
  return all.reduce((sum, one) => sum + (one?.standing ?? 0) + (one?.interests ?? 0), 0);
}

function visited(partitions: number): { q: QuietWorld; leave: () => void } {
  const q = quietWorld(3);
  q.advance(2_000);
  createTopic(q, "jobs", partitions);
  q.advance(1_000);
  const readers = Array.from({ length: CONSUMERS }, (_, i) => new Reader(q, 1 + (i % 3), 1));
  q.advance(500);
  expect(waiting(q)).toBe(CONSUMERS * partitions);
  return { q, leave: () => readers.forEach((reader) => reader.send("stream.cancel")) };
}

// A leader that was only asked, as those of several partitions are, is not told of the close.
test("a consumer that closes is forgotten at once", () => {
  const { q, leave } = visited(1);
  leave();
  q.advance(500);
  expect(waiting(q)).toBe(0);
});

test.each([1, 3])(
  "of %s partitions, one of which nothing is heard is forgotten by age",
  (partitions) => {
    const { q, leave } = visited(partitions);
    onMessage(q, "request", ({ action }) => {
      const isClose =
        action.type === "propose" && decodeIntent(action.intent).kind === "stream.close";
      return isClose ? LOST : undefined;
    });
    leave();
    q.advance(4_000);
    // Those on the leader's own node reached it without a wire.
    expect(waiting(q)).toBeGreaterThan(CONSUMERS / 2);
    q.advance(3_000);
    expect(waiting(q)).toBe(0);
  },
);
