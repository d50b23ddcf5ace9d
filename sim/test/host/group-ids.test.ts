// D-10: a deleted topic's group ids are never given out again, although its logs stay on the disks.

import { expect, test } from "vitest";
import { createTopic, quietWorld, type QuietWorld } from "./quiet-world.js";
import { Reader } from "./reader.js";

const groupsOf = (q: QuietWorld): number[] => {
  const machine = q.world.host(1)?.context.groups.get(0)?.machine;
  const record = machine?.kind === "cluster" ? machine.cluster.topics.get("jobs") : undefined;
  return record?.partitions.map(({ group }) => group) ?? [];
};

test("a topic that is deleted and made again starts empty, in new groups, also after a restart of all", () => {
  const q = quietWorld(3);
  q.advance(2_000);
  const message = { topic: "jobs", priorityHi: 0, priorityLo: 1 };
  const seen: number[][] = [];
  for (let life = 1; life <= 3; life += 1) {
    createTopic(q, "jobs", 2);
    q.advance(1_000);
    seen.push(groupsOf(q));
    const payload = Uint8Array.of(life);
    for (let i = 0; i < 4; i += 1) q.ask(1, { op: "enqueue", ...message, payload });
    const reader = new Reader(q, 2, 10);
    q.advance(500);
    expect(reader.items.map((item) => item.payload[0])).toEqual([life, life, life, life]);
    for (const { number } of q.world.nodes) q.world.kill(number);
    for (const { number } of q.world.nodes) q.world.start(number);
    q.advance(4_000);
    q.ask(1, { op: "topic.delete", topic: "jobs", force: true, confirmationToken: "" });
    q.advance(1_000);
  }
  expect(seen.flat()).toHaveLength(6);
  expect(new Set(seen.flat()).size).toBe(6);
});
