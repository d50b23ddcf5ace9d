// What one settle may take, however it is tried: by number, then by token in a session, then by a call of its own.
import { Cluster } from "@disheap/harness";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { Caller } from "../../src/caller.js";
import { errorOf } from "../../src/errors.js";
import { DisheapClient, type Message } from "../../src/index.js";
import { SessionConsumer } from "../../src/session/consumer.js";
import { Session } from "../../src/session/session.js";

const budgetMs = 30_000;

let cluster: Cluster;
let client: DisheapClient;
beforeAll(async () => {
  cluster = await Cluster.start({ nodes: 1 });
  client = new DisheapClient({ endpoints: cluster.endpoints, retry: { budgetMs } });
  await client.createTopic("jobs");
});
afterAll(async () => {
  await client.close();
  await cluster.close();
});
afterEach(() => vi.restoreAllMocks());

const lost = () => errorOf("UNAVAILABLE", "by test", { outcomeUnknown: true });

it.each([
  ["ack", (message: Message) => message.ack()],
  ["nack", (message: Message) => message.nack()],
  ["extend", (message: Message) => message.extend(1_000)],
])("%s has one budget, from when it was asked for", async (_what, settle) => {
  await client.enqueue("jobs", "x");
  const pop = client.pop("jobs", { keepLeaseMs: 0 });
  const message = (await pop.next()).value;
  if (message === undefined) throw new Error("no message");
  vi.spyOn(SessionConsumer.prototype, "settle").mockImplementation(async () => {
    await sleep(30);
    return lost();
  });
  const rows = vi.spyOn(Session.prototype, "add").mockImplementation((row) => row.reject(lost()));
  const calls = vi.spyOn(Caller.prototype, "unary");
  const done = settle(message);
  const askedMs = performance.now();
  await done;
  const startMs = calls.mock.calls[0]?.[2].earlier?.startMs ?? Number.POSITIVE_INFINITY;
  expect(startMs).toBeLessThanOrEqual(askedMs);
  // A row waits as long as the budget here: from the beginning of all.
  expect(rows).toHaveBeenCalledTimes(1);
  expect(rows.mock.calls[0]?.[0].sinceMs).toBeCloseTo(startMs, 3);
  vi.restoreAllMocks();
  await pop.close();
});
