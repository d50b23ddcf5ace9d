// A node that is stopped but still connected: nothing fails and nothing answers, and neither producers nor
// consumers wait for it for long. Real processes, SIGSTOP.
import { DisheapClient } from "@disheap/client";
import { Cluster } from "@disheap/harness";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** What a call may take while a node that leads nothing is frozen, and how long a consumer may be without work. */
const slowMs = 3_000;
/** The longest that followers wait for a leader before they choose another one, as shipped. */
const electionMaxMs = 3_000;
const frozenMs = 10_000;
/** Deliveries on their way to a frozen node come again when their leases end. */
const visibilityMs = 1_000;
/** So that calls go to all nodes, one after the other. */
const stepMs = 20;

interface Seen {
  readonly text: string;
  readonly atMs: number;
}

let cluster: Cluster;
let clients: DisheapClient[];

beforeEach(async () => {
  clients = [];
  cluster = await Cluster.start();
});
afterEach(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await cluster.close();
});

function newClient(): DisheapClient {
  const client = new DisheapClient({ endpoints: cluster.endpoints });
  clients.push(client);
  return client;
}

/** Enqueues one after the other for `ms`; how long each took. */
async function produce(client: DisheapClient, ms: number): Promise<number[]> {
  const tookMs: number[] = [];
  const endMs = performance.now() + ms;
  while (performance.now() < endMs) {
    const startMs = performance.now();
    await client.enqueue("jobs", `${startMs}`);
    tookMs.push(performance.now() - startMs);
    await new Promise((resolve) => setTimeout(resolve, stepMs));
  }
  return tookMs;
}

/** Consumes until its client is closed; what came when. */
async function consume(client: DisheapClient, seen: Seen[]): Promise<void> {
  for await (const message of client.pop("jobs", { prefetch: 2, visibilityMs })) {
    seen.push({ text: message.text(), atMs: performance.now() });
    await message.ack().catch(() => undefined);
  }
}

/** Load on three nodes, of which one is frozen. The longest waits: of a call, and of each consumer for work. */
async function freezeUnderLoad(isLeader: boolean) {
  const producer = newClient();
  await producer.createTopic("jobs");
  // Enough of them that each node has some, whatever they draw.
  const seen: Seen[][] = Array.from({ length: 9 }, () => []);
  const consumers = seen.map((list) => consume(newClient(), list));
  const before = await produce(producer, 2_000);
  const { leader } = (await producer.stats("jobs")).topics.get("jobs")?.partitions[0] ?? {};
  const victim = cluster.nodes.find(({ name }) => (name === leader) === isLeader);
  victim?.freeze();
  const frozenAtMs = performance.now();
  const tookMs = await produce(producer, frozenMs);
  const endMs = performance.now();
  const sent = before.length + tookMs.length;
  const texts = () => new Set(seen.flat().map(({ text }) => text)).size;
  await vi.waitFor(() => expect(texts()).toBe(sent), slowMs + visibilityMs);
  victim?.thaw();
  await Promise.all(clients.map((client) => client.close()));
  await Promise.all(consumers);
  const idleMs = seen.map((list) => longestGapMs(list, frozenAtMs, endMs));
  return { callMs: Math.max(...tookMs), idleMs: Math.max(...idleMs) };
}

function longestGapMs(seen: readonly Seen[], fromMs: number, toMs: number): number {
  const times = seen.map(({ atMs }) => atMs).filter((atMs) => atMs > fromMs && atMs < toMs);
  const points = [fromMs, ...times, toMs];
  return Math.max(...points.slice(1).map((atMs, i) => atMs - (points[i] ?? atMs)));
}

it("one that leads nothing: no call takes long, and every consumer soon has work again", async () => {
  const { callMs, idleMs } = await freezeUnderLoad(false);
  expect(callMs).toBeLessThan(slowMs);
  expect(idleMs).toBeLessThan(slowMs);
});

it("one that leads: as soon as another one does", async () => {
  const { callMs, idleMs } = await freezeUnderLoad(true);
  expect(callMs).toBeLessThan(electionMaxMs + slowMs);
  expect(idleMs).toBeLessThan(electionMaxMs + slowMs);
});
