// rev-A1: deletions of one topic that cross each other, and a topic of the same name that is made as soon as
// one of them returns. What is left of the slower deletion meets another topic than it meant.

import { expect, test } from "vitest";
import { createTopic, quietWorld } from "./quiet-world.js";
import { onMessage } from "./wire.js";

const DELETE = { op: "topic.delete", topic: "jobs", force: true, confirmationToken: "" } as const;
/** The kinds of a deletion's steps (wire/intents.ts). */
const STEPS = [
  ["first", 21],
  ["last", 22],
] as const;

test.each(STEPS)("the %s step of a deletion that comes late means nothing else", (_, kind) => {
  const q = quietWorld(3);
  q.advance(2_000);
  createTopic(q, "jobs", 1);
  // The first such step on the wire is held back until the next topic of that name is there.
  let isHeld = false;
  onMessage(q, "request", ({ action }) => {
    if (isHeld || action.type !== "propose" || action.intent[4] !== kind) return undefined;
    isHeld = true;
    return [1_500];
  });
  const ends: (boolean | undefined)[] = [];
  for (const node of [1, 2, 3]) q.hub.request(node, DELETE, (result) => ends.push(result?.ok));
  q.advance(200);
  expect(ends).toContain(true);
  expect(isHeld).toBe(true);
  expect(createTopic(q, "jobs", 1)).toMatchObject({ ok: true });
  const message = { topic: "jobs", payload: Uint8Array.of(1), priorityHi: 0, priorityLo: 1 };
  expect(q.ask(1, { op: "enqueue", ...message })).toMatchObject({ ok: true });
  q.advance(4_000);
  expect(ends).toHaveLength(3);
  expect(q.ask(2, { op: "peek", topic: "jobs", limit: 10, includeDlq: false })).toMatchObject({
    ok: true,
    items: [{ payload: Uint8Array.of(1) }],
  });
  expect(q.ask(3, { op: "enqueue", ...message })).toMatchObject({ ok: true });
});
