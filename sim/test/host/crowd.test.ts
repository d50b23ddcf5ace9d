// rev-A4: more waiting consumers than an entry has room for. The rule Q20 watches every entry.

import { expect, test } from "vitest";
import { createTopic, quietWorld } from "./quiet-world.js";
import { Reader } from "./reader.js";

const CONSUMERS = 60;

test("grants for a crowd come in several entries, and everybody gets one", () => {
  const q = quietWorld(3, { limits: { entryIntentsMax: 8 } });
  q.advance(2_000);
  createTopic(q, "jobs", 1);
  q.advance(1_000);
  for (let n = 0; n < CONSUMERS; n += 1) {
    const message = { topic: "jobs", payload: Uint8Array.of(n), priorityHi: 0, priorityLo: n };
    q.hub.request(1 + (n % 3), { op: "enqueue", ...message }, () => undefined);
  }
  q.advance(500);
  // All of them come in one moment, so that the leader hears of them in one turn.
  const readers = Array.from({ length: CONSUMERS }, () => new Reader(q, 1, 1));
  q.advance(3_000);
  expect(readers.map(({ items }) => items.length)).toEqual(readers.map(() => 1));
});
