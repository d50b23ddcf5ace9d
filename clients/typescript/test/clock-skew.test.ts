// Consumers whose clock is not that of the cluster, with real nodes: what waits for longer than its lease is handed
// out while its lease runs, or not at all. The node tells: a lease that ended has a time-out and a second attempt.
import { Cluster } from "@disheap/harness";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { type ClientOptions, DisheapClient, type PopOptions } from "../src/index.js";

const leaseMs = 3_000;
/** The last of ten that are fetched together waits for three leases. */
const workMs = 1_000;
const messages = 12;

const ways: [string, ClientOptions, PopOptions][] = [
  ["a session", {}, {}],
  ["PopStream", { sessions: false }, {}],
  ["PopStream that asks for a length", { sessions: false }, { visibilityMs: leaseMs }],
];

let cluster: Cluster;
let admin: DisheapClient;

beforeAll(async () => {
  cluster = await Cluster.start({ nodes: 1 });
});
afterAll(() => cluster.close());

beforeEach(() => {
  admin = new DisheapClient({ endpoints: cluster.endpoints });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await admin.close();
});

/** Only in this process: the nodes have the clock of the machine. */
function shiftClock(ms: number): void {
  const now = Date.now.bind(Date);
  vi.spyOn(Date, "now").mockImplementation(() => now() + ms);
}

async function fill(topic: string, visibilityMs: number): Promise<void> {
  await admin.createTopic(topic, { visibilityMs });
  for (let priority = 0; priority < messages; priority += 1) {
    await admin.enqueue(topic, `${priority}`, { priority });
  }
}

/** What the handler saw, until all are settled or more came than there are. */
async function consume(topic: string, clientOptions: ClientOptions, options: PopOptions) {
  const client = new DisheapClient({ endpoints: cluster.endpoints, ...clientOptions });
  const handed: string[] = [];
  let refused = 0;
  for await (const message of client.pop(topic, { prefetch: 10, ...options })) {
    handed.push(`${message.text()}, attempt ${message.attempts}`);
    await new Promise((resolve) => setTimeout(resolve, workMs));
    await message.ack().catch(() => (refused += 1));
    if (handed.length === messages) break;
  }
  await client.close();
  return { handed, refused };
}

async function truthOf(topic: string) {
  const stats = (await admin.stats(topic)).topics.get(topic);
  return { left: stats?.messages, dead: stats?.deadLetters, timeouts: stats?.timeouts };
}

it.each([
  ["5 s behind", -5_000],
  ["5 s ahead", 5_000],
  ["an hour ahead", 3_600_000],
])("a clock %s costs no lease", { timeout: 120_000 }, async (name, skewMs) => {
  const topics = ways.map((_, way) => `${name.replaceAll(" ", "-")}-${way}`);
  // Where a length is asked for, the topic has another one.
  for (const [way, topic] of topics.entries()) await fill(topic, way === 2 ? 60_000 : leaseMs);
  shiftClock(skewMs);
  const seen = await Promise.all(
    ways.map(([, client, pop], way) => consume(topics[way] ?? "", client, pop)),
  );
  const handed = Array.from({ length: messages }, (_, at) => `${at}, attempt 1`);
  const rest = { refused: 0, left: 0, dead: 0, timeouts: 0 };
  const found = await Promise.all(
    ways.map(async ([how], way) => ({ how, ...seen[way], ...(await truthOf(topics[way] ?? "")) })),
  );
  expect(found).toEqual(ways.map(([how]) => ({ how, handed, ...rest })));
});
