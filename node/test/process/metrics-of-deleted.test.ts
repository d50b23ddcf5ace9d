// What was deleted leaves no series behind, on no node: not on those that held a part of it, not on those
// that only took calls for it.
import { DisheapClient } from "@disheap/client";
import { Cluster, until } from "@disheap/harness";
import { afterAll, beforeAll, expect, it } from "vitest";

const GONE = ["held-by-all", "held-by-one", "held-by-one-too", "held-by-two"];
const STAYS = "stays";
const BY_LEADERS = ["backlog", "inflight", "retries_total", "raft_apply_latency_ms"];
const WAIT_MAX_MS = 30_000;

let cluster: Cluster;
let clients: DisheapClient[];

beforeAll(async () => {
  cluster = await Cluster.start();
  clients = cluster.endpoints.map((endpoint) => new DisheapClient({ endpoints: [endpoint] }));
});
afterAll(async () => {
  for (const client of clients) await client.close();
  await cluster.close();
});

/** Series of each node that name a topic, as `node: name of the metric`. */
async function seriesOf(topic: string): Promise<string[]> {
  const pages = cluster.nodes.map(async ({ name, metrics }) => {
    const text = await (await fetch(`${metrics}/metrics`)).text();
    const lines = text.split("\n").filter((line) => line.includes(`topic="${topic}"`));
    const names = lines.map((line) => `${name}: ${line.replace(/(_bucket|_sum|_count)?\{.*/, "")}`);
    return [...new Set(names)];
  });
  return (await Promise.all(pages)).flat();
}

/** Through every node: enqueues, deliveries, a retry, acknowledgements. */
async function use(topic: string): Promise<void> {
  for (const client of clients) {
    await client.enqueue(topic, "x", { priority: 1 });
    let isFirst = true;
    for await (const message of client.pop(topic, { limit: 2 })) {
      if (isFirst) await message.nack({ backoffMs: 0 });
      else await message.ack();
      isFirst = false;
    }
  }
}

/** Waits for what a leader tells of: a partition between two leaders has none of it. */
async function everySeriesOf(topic: string): Promise<void> {
  let names: string[] = [];
  await until(`leaders tell of ${topic}`, WAIT_MAX_MS, async () => {
    names = (await seriesOf(topic)).map((one) => one.replace(/^.*: /, ""));
    return BY_LEADERS.every((name) => names.includes(name));
  }).catch(() => undefined);
  expect(names).toEqual(expect.arrayContaining(BY_LEADERS));
}

it("the series of a deleted topic are gone from every node, and those of others stay", async () => {
  const [first] = clients as [DisheapClient];
  const replicas = [3, 1, 1, 2];
  for (const [i, topic] of GONE.entries()) {
    await first.createTopic(topic, { partitions: 2, replicationFactor: replicas[i] });
  }
  await first.createTopic(STAYS, { partitions: 2, replicationFactor: 1 });
  for (const topic of [...GONE, STAYS]) await use(topic);
  const nodes = cluster.nodes.map(({ name }) => name);
  for (const topic of [...GONE, STAYS]) {
    const found = await seriesOf(topic);
    for (const node of nodes) expect(found).toContain(`${node}: enqueue_latency_ms`);
    for (const node of nodes) expect(found).toContain(`${node}: pop_latency_ms`);
    await everySeriesOf(topic);
  }
  for (const topic of GONE) await first.deleteTopic(topic, { force: true });
  let left: string[] = [];
  await until("no node tells of them", WAIT_MAX_MS, async () => {
    left = (await Promise.all(GONE.map(seriesOf))).flat();
    return left.length === 0;
  }).catch(() => undefined);
  expect(left).toEqual([]);
  await everySeriesOf(STAYS);
});
