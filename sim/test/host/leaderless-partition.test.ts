// rev-B13: one partition has no leader. Counters of the cluster, of other topics and of its own topic are
// answered without it and say so; they neither wait for ten seconds nor fail.

import type { TopicCounts } from "@disheap/core";
import { expect, test } from "vitest";
import { createTopic, quietWorld, type QuietWorld } from "./quiet-world.js";

const MESSAGE = { payload: Uint8Array.of(1), priorityHi: 0, priorityLo: 1 };
/** Beyond what counters wait for a leader, far below the timeout of a request. */
const ANSWER_MAX_MS = 3_000;

const none: ReadonlyMap<string, TopicCounts> = new Map();

/** A topic of one replica on a node that is dead; the answers come from node 1. */
function withLost(): { q: QuietWorld; lost: string } {
  const q = quietWorld(3);
  q.advance(2_000);
  createTopic(q, "healthy", 2);
  for (const key of ["a", "b", "c"]) {
    q.ask(1, { op: "enqueue", topic: "healthy", partitionKey: key, ...MESSAGE });
  }
  for (let i = 0; i < 8; i += 1) {
    const topic = `solo-${i}`;
    q.ask(1, { op: "topic.create", topic, settings: { replicationFactor: 1 } });
    const machine = q.world.host(1)?.context.groups.get(0)?.machine;
    const record = machine?.kind === "cluster" ? machine.cluster.topics.get(topic) : undefined;
    const voter = record?.partitions[0].voters[0] ?? 1;
    if (voter === 1) continue;
    q.ask(1, { op: "enqueue", topic, ...MESSAGE });
    q.world.kill(voter);
    q.advance(5_000);
    return { q, lost: topic };
  }
  throw new Error("no topic of one replica lies elsewhere");
}

test("Stats of all, of another topic and of its own topic go without it, and say so", () => {
  const { q, lost } = withLost();
  const healthy = q.ask(1, { op: "stats", topic: "healthy" }, ANSWER_MAX_MS);
  expect(healthy).toMatchObject({ ok: true, global: { totalMessages: 3 } });
  const topics = healthy?.ok && healthy.op === "stats" ? healthy.topics : none;
  expect(topics.get("healthy")).toMatchObject({
    totalMessages: 3,
    partitions: [{ isHealthy: true }, { isHealthy: true }],
  });
  const all = q.ask(1, { op: "stats" }, ANSWER_MAX_MS);
  const everything = all?.ok && all.op === "stats" ? all.topics : none;
  expect(everything.get(lost)).toMatchObject({
    totalMessages: 0,
    partitions: [{ partitionId: 0, leaderNode: "", isHealthy: false }],
  });
  expect(q.ask(1, { op: "stats", topic: lost }, ANSWER_MAX_MS)).toMatchObject({ ok: true });
});

test("ListHeaps asks the partitions of its page only", () => {
  const { q, lost } = withLost();
  const askedUs = q.world.queue.nowUs;
  const page = q.ask(1, { op: "topic.list", pageSize: 1, pageToken: "" }, ANSWER_MAX_MS);
  expect(page).toMatchObject({ ok: true, topics: [{ topic: "healthy" }], nextPageToken: "1" });
  expect((q.world.queue.nowUs - askedUs) / 1000).toBeLessThan(500);
  const all = q.ask(1, { op: "topic.list", pageSize: 0, pageToken: "" }, ANSWER_MAX_MS);
  const found = all?.ok && all.op === "topic.list" ? all.topics : [];
  expect(found.find(({ topic }) => topic === lost)?.counts?.partitions).toMatchObject([
    { isHealthy: false },
  ]);
});
