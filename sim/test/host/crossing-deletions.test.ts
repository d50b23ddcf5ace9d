// rev-A1: deletions of one topic that cross each other, and a topic of the same name that is made as soon as
// one of them returns. What is left of the slower deletion meets another topic than it meant.

import { encodeIntent } from "@disheap/core";
import { expect, test } from "vitest";
import { createTopic, quietWorld, type QuietWorld } from "./quiet-world.js";
import { onMessage } from "./wire.js";

const DELETE = { op: "topic.delete", topic: "jobs", force: true, confirmationToken: "" } as const;
/** The kind of a deletion's first step (wire/intents.ts). */
const DELETING = 21;
const MESSAGE = { topic: "jobs", payload: Uint8Array.of(1), priorityHi: 0, priorityLo: 1 };

function expectWhole(q: QuietWorld): void {
  expect(q.ask(2, { op: "peek", topic: "jobs", limit: 10, includeDlq: false })).toMatchObject({
    ok: true,
    items: [{ payload: Uint8Array.of(1) }],
  });
  expect(q.ask(3, { op: "enqueue", ...MESSAGE })).toMatchObject({ ok: true });
}

test("the first step of a deletion that comes late means nothing else", () => {
  const q = quietWorld(3);
  q.advance(2_000);
  createTopic(q, "jobs", 1);
  // The first such step on the wire is held back until the next topic of that name is there.
  let isHeld = false;
  onMessage(q, "request", ({ action }) => {
    if (isHeld || action.type !== "propose" || action.intent[4] !== DELETING) return undefined;
    isHeld = true;
    return [1_500];
  });
  const ends: (boolean | undefined)[] = [];
  for (const node of [1, 2, 3]) q.hub.request(node, DELETE, (result) => ends.push(result?.ok));
  q.advance(300);
  expect(ends).toContain(true);
  expect(isHeld).toBe(true);
  expect(createTopic(q, "jobs", 1)).toMatchObject({ ok: true });
  expect(q.ask(1, { op: "enqueue", ...MESSAGE })).toMatchObject({ ok: true });
  q.advance(4_000);
  expect(ends).toHaveLength(3);
  expectWhole(q);
});

test("the last step of a deletion, sent by a leader that was replaced, means nothing else", () => {
  const q = quietWorld(3);
  q.advance(2_000);
  createTopic(q, "jobs", 1);
  const meta = q.world.host(1)?.context.groups.get(0)?.machine;
  const first = meta?.kind === "cluster" ? meta.cluster.topics.get("jobs") : undefined;
  const firstGroup = first?.partitions[0].group ?? 0;
  expect(q.ask(1, DELETE)).toMatchObject({ ok: true });
  expect(createTopic(q, "jobs", 1)).toMatchObject({ ok: true });
  expect(q.ask(1, { op: "enqueue", ...MESSAGE })).toMatchObject({ ok: true });
  // Two leaders drove it, and the word of the older one took its time on the way.
  const intent = encodeIntent({ kind: "topic.deleted", topic: "jobs", firstGroup });
  for (const from of [1, 2]) {
    const context = q.world.host(from)?.context;
    for (const voter of [1, 2, 3]) {
      if (voter === from) continue;
      context?.send(voter, {
        kind: "request",
        group: 0,
        edgeIncarnation: context.incarnation,
        requestId: 2 ** 40,
        attempt: 1,
        isOnce: false,
        action: { type: "propose", intent },
      });
    }
  }
  q.advance(1_000);
  expectWhole(q);
});

test("a deletion that names a heap id leaves another topic of that name alone (D-99)", () => {
  const q = quietWorld(3);
  q.advance(2_000);
  const first = createTopic(q, "jobs", 1);
  const ifHeapId = first?.ok && first.op === "topic.create" ? first.heapId : "";
  expect(q.ask(1, { ...DELETE, ifHeapId })).toMatchObject({ ok: true });
  const second = createTopic(q, "jobs", 1);
  expect(second).not.toEqual(first);
  expect(q.ask(1, { op: "enqueue", ...MESSAGE })).toMatchObject({ ok: true });
  // The client had no answer and asks another node.
  const repeat = q.ask(2, { ...DELETE, ifHeapId });
  expect(repeat).toMatchObject({ ok: false, failure: { code: "NOT_FOUND" } });
  expect(repeat?.ok === false ? repeat.failure.message : "").toContain("left alone");
  expectWhole(q);
});
