import { expect, test } from "vitest";
import { createTopic, quietWorld } from "./quiet-world.js";

test("a consumer whose node knows no leader passes over a voter that is gone for good (seed 440)", () => {
  const q = quietWorld(5, {}, false);
  q.advance(2_000);
  createTopic(q, "jobs", 1);
  q.advance(1_000);
  const replica = [1, 2, 3, 4, 5].map((n) => q.world.host(n)?.context.groups.get(1)).find(Boolean);
  const voters = replica?.raft.voters ?? [];
  const edge = [1, 2, 3, 4, 5].find((n) => !voters.includes(n)) ?? 0;
  // All nodes restart, one voter does not come back: the edge knows nothing of the group's leader.
  for (const node of q.world.nodes) q.world.kill(node.number);
  for (const node of q.world.nodes) if (node.number !== voters[0]) q.world.start(node.number);
  q.advance(5_000);
  const items: string[] = [];
  const stream = q.hub.openStream(edge, {
    onItem: (item) => items.push(item.messageId),
    onEnd: () => undefined,
  });
  const filter = {
    kind: "stream.filter",
    streamId: stream,
    topic: "jobs",
    partitionIds: [],
  } as const;
  q.hub.sendOnStream(stream, filter);
  q.hub.sendOnStream(stream, { kind: "stream.credits", streamId: stream, credits: 3 });
  q.advance(100);
  // Through another node: the edge learns nothing from it.
  const answer = q.ask(voters[2], {
    op: "enqueue",
    topic: "jobs",
    payload: Uint8Array.of(7),
    priorityHi: 0,
    priorityLo: 1,
  });
  expect(answer).toMatchObject({ ok: true });
  q.advance(8_000);
  expect(items.length).toBe(1);
});
