// rev-B15: what clients may make a node hold is bounded. Beyond it they hear so at once, in a sentence; what
// settles messages still gets through, nobody campaigns, and afterwards everything is as it was.

import type { ClientResult, LimitsConfig } from "@disheap/core";
import { expect, test } from "vitest";
import { createTopic, quietWorld, type QuietWorld } from "./quiet-world.js";

function world(limits: Partial<LimitsConfig>): QuietWorld {
  const q = quietWorld(3, { limits });
  q.advance(2_000);
  createTopic(q, "jobs", 1);
  q.advance(500);
  return q;
}

const enqueue = (bytes: number) =>
  ({
    op: "enqueue",
    topic: "jobs",
    payload: new Uint8Array(bytes).fill(7),
    priorityHi: 0,
    priorityLo: 1,
  }) as const;

function terms(q: QuietWorld): number[] {
  return [...(q.world.host(1)?.context.groups.values() ?? [])].map(({ raft }) => raft.term);
}

function failures(results: readonly (ClientResult | undefined)[]): string[] {
  return results.map((r) => (r?.ok === false ? `${r.failure.code}: ${r.failure.message}` : "OK"));
}

const usedBytes = (q: QuietWorld): number[] =>
  [1, 2, 3].map((node) => q.world.host(node)?.context.budgets.requestBytes ?? -1);

test.each([
  ["one node", [1]],
  ["all nodes at once, which forward to one leader", [1, 2, 3]],
])("requests beyond the bytes under way are refused at once: %s", (_, nodes) => {
  const q = world({ requestBytesMax: 1 << 20 });
  const before = terms(q);
  const results: (ClientResult | undefined)[] = [];
  let heldMost = 0;
  for (let i = 0; i < 120; i += 1) {
    q.hub.request(nodes[i % nodes.length], enqueue(100_000), (result) => results.push(result));
  }
  for (let step = 0; step < 500; step += 1) {
    q.advance(1);
    heldMost = Math.max(heldMost, ...usedBytes(q));
  }
  q.advance(1_000);
  expect(results).toHaveLength(120);
  const said = failures(results);
  expect(said.filter((text) => text === "OK").length).toBeGreaterThan(5);
  const refused = said.filter((text) => text !== "OK");
  expect(refused.length).toBeGreaterThan(30);
  for (const text of refused) expect(text).toMatch(/^RESOURCE_EXHAUSTED: .*REQUEST_BYTES_MAX/);
  expect(heldMost).toBeLessThanOrEqual((1 << 20) + (1 << 17));
  expect(usedBytes(q)).toEqual([0, 0, 0]);
  expect(terms(q)).toEqual(before);
  expect(q.ask(2, enqueue(100_000))).toMatchObject({ ok: true });
  const budgets = q.world.host(nodes[0])?.status().budgets ?? [];
  const bytes = budgets.find(({ name }) => name === "request_bytes");
  expect(bytes).toMatchObject({ used: 0, most: 1 << 20 });
  expect(bytes?.refused).toBeGreaterThan(0);
});

test("acknowledgements and reads have room when enqueues have none left", () => {
  const q = world({ requestBytesMax: 1 << 20 });
  const answers: Record<string, (ClientResult | undefined)[]> = { enqueue: [], stats: [] };
  for (let i = 0; i < 20; i += 1) {
    q.hub.request(1, enqueue(200_000), (result) => answers.enqueue.push(result));
  }
  q.advance(2);
  for (let i = 0; i < 20; i += 1) {
    q.hub.request(1, { op: "stats" }, (result) => answers.stats.push(result));
  }
  q.advance(3_000);
  expect(failures(answers.enqueue).filter((text) => text.includes("RESOURCE"))).not.toEqual([]);
  expect(failures(answers.stats)).toEqual(Array.from({ length: 20 }, () => "OK"));
});

test("streams beyond the budget end with a sentence, and one that ends makes room", () => {
  const q = world({ streamsMax: 2 });
  const ends = new Map<number, string | undefined>();
  const open = (): number => {
    const streamId: number = q.hub.openStream(1, {
      onItem: () => undefined,
      onEnd: (code) => ends.set(streamId, code),
    });
    const filter = { kind: "stream.filter", streamId, topic: "jobs", partitionIds: [] } as const;
    q.hub.sendOnStream(streamId, { kind: "stream.credits", streamId, credits: 1 });
    q.hub.sendOnStream(streamId, filter);
    return streamId;
  };
  const [first, second, third] = [open(), open(), open()];
  q.advance(500);
  expect([...ends]).toEqual([[third, "RESOURCE_EXHAUSTED"]]);
  q.hub.sendOnStream(first, { kind: "stream.cancel", streamId: first });
  q.advance(500);
  const fourth = open();
  q.advance(500);
  expect([ends.has(second), ends.has(fourth)]).toEqual([false, false]);
});

test.each([
  [{ topicsMax: 3 }, "TOPICS_MAX", 2],
  [{ groupsMax: 5 }, "GROUPS_MAX", 4],
] as const)("topics beyond %o are refused, also in a burst", (limits, setting, left) => {
  const q = world(limits);
  const results: (ClientResult | undefined)[] = [];
  for (let i = 0; i < 9; i += 1) {
    const create = { op: "topic.create", topic: `t${i}`, settings: {} } as const;
    q.hub.request(1 + (i % 3), create, (result) => results.push(result));
  }
  q.advance(1_000);
  const said = failures(results);
  expect(said.filter((text) => text === "OK")).toHaveLength(left);
  for (const text of said.filter((t) => t !== "OK")) {
    expect(text.startsWith("RESOURCE_EXHAUSTED: ")).toBe(true);
    expect(text).toContain(setting);
  }
  q.ask(1, { op: "topic.delete", topic: "jobs", force: true, confirmationToken: "" });
  expect(createTopic(q, "later", 1)).toMatchObject({ ok: true });
});
