// rev-A5: what a node of another version forwards is refused by name, and nobody stops for it.

import { expect, test } from "vitest";
import { sendForeign } from "../../src/run/foreign-request.js";
import { createTopic, quietWorld } from "./quiet-world.js";
import { onMessage } from "./wire.js";

test.each(["unknown", "cut-short", "misplaced", "begins", "grants", "replaces", "closes"] as const)(
  "a leader refuses an intent that is %s, in a partition and in the meta group",
  (what) => {
    const q = quietWorld(3);
    q.advance(2_000);
    createTopic(q, "jobs", 1);
    q.advance(1_000);
    const refusals: string[] = [];
    onMessage(q, "reply", ({ outcome }) => {
      if (outcome.type === "refused") refusals.push(outcome.code);
      return undefined;
    });
    for (const topic of ["jobs", undefined]) {
      // From every node: a request to the own node does not cross the wire.
      for (const node of [1, 2, 3]) {
        const atMs = node;
        expect(sendForeign(q.world, { kind: "peer.foreign", atMs, node, topic, what })).toBe(true);
      }
    }
    q.advance(500);
    expect(refusals.length).toBeGreaterThanOrEqual(4);
    expect(new Set(refusals)).toEqual(new Set(["INVALID_ARGUMENT"]));
    const message = { topic: "jobs", payload: Uint8Array.of(1), priorityHi: 0, priorityLo: 1 };
    expect(q.ask(1, { op: "enqueue", ...message })).toMatchObject({ ok: true });
    expect(createTopic(q, "more", 1)).toMatchObject({ ok: true });
  },
);
