// rev-A6: messages as large as a node may be told to take, behind smaller ones in the same turn.

import { ITEM_OVERHEAD_BYTES, MESSAGE_BYTES_MAX } from "@disheap/core";
import { expect, test } from "vitest";
import { quietWorld } from "./quiet-world.js";
import { Reader } from "./reader.js";

/** Through the node that does not lead requests, appends and grants all cross the wire; at the leader all are one turn's. */
test.each([false, true])(
  "a burst around the limit is replicated and delivered; nothing is too large for a frame (at its leader: %s)",
  (isAtLeader) => {
    const limits = {
      messageBytesMax: MESSAGE_BYTES_MAX + ITEM_OVERHEAD_BYTES,
      // Of a turn's budget of bulk the first 3 MB leave room for what comes behind.
      turnBulkBytesMax: 4 << 20,
    };
    const q = quietWorld(3, { limits });
    q.advance(2_000);
    const settings = { partitions: 1, maxPayloadBytes: MESSAGE_BYTES_MAX };
    q.ask(1, { op: "topic.create", topic: "jobs", settings });
    q.advance(1_000);
    const sizes = [3_000_000, MESSAGE_BYTES_MAX, 1_000, 3_000_000, MESSAGE_BYTES_MAX];
    const answers: (boolean | undefined)[] = [];
    const leads = (node: number): boolean =>
      q.world.host(node)?.context.groups.get(1)?.raft.isLeader === true;
    const node = [3, 2, 1].find((n) => leads(n) === isAtLeader) ?? 0;
    // All of them wait for one turn.
    q.world.node(node).pausedUntilUs = q.world.queue.nowUs + 500_000;
    sizes.forEach((bytes, n) => {
      const message = {
        topic: "jobs",
        payload: new Uint8Array(bytes),
        priorityHi: 0,
        priorityLo: n,
      };
      q.hub.request(node, { op: "enqueue", ...message }, (result) => answers.push(result?.ok));
    });
    const reader = new Reader(q, 1, sizes.length);
    q.advance(4_000);
    expect(answers).toEqual(sizes.map(() => true));
    expect(reader.items.map(({ payload }) => payload.length).sort((a, b) => a - b)).toEqual(
      [...sizes].sort((a, b) => a - b),
    );
    expect(q.world.network.counts.get("net.too-large")).toBeUndefined();
  },
);

test("one that is larger than the node takes is refused with a sentence", () => {
  const q = quietWorld(1, { limits: { messageBytesMax: 70_000 } });
  q.advance(2_000);
  const settings = { partitions: 1, replicationFactor: 1, maxPayloadBytes: 1_000_000 };
  q.ask(1, { op: "topic.create", topic: "jobs", settings });
  const message = { payload: new Uint8Array(70_001), priorityHi: 0, priorityLo: 1 };
  expect(q.ask(1, { op: "enqueue", topic: "jobs", ...message })).toMatchObject({
    ok: false,
    failure: { code: "INVALID_ARGUMENT", message: expect.stringContaining("67952") as string },
  });
});
