// A consumer that begins at another node than its leader's, with real nodes: it moves there, once, and nothing is lost,
// doubled or counted.
import { Cluster } from "@disheap/harness";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { DisheapClient, type Message } from "../../src/index.js";
import { SessionConsumer } from "../../src/session/consumer.js";
import { Sessions } from "../../src/session/sessions.js";

const opened = vi.spyOn(SessionConsumer.prototype, "open");
const left = vi.spyOn(SessionConsumer.prototype, "leave");

let cluster: Cluster;
let client: DisheapClient;
let topics = 0;
let topic: string;
let leader: string;

beforeAll(async () => {
  cluster = await Cluster.start();
});
afterAll(() => cluster.close());

beforeEach(async () => {
  topics += 1;
  topic = `moving-${topics}`;
  client = new DisheapClient({ endpoints: cluster.endpoints });
  await client.createTopic(topic);
  leader = await vi.waitFor(async () => {
    const { topics: stats } = await client.stats(topic);
    const name = stats.get(topic)?.partitions[0]?.leader;
    const node = cluster.nodes.find((one) => one.name === name);
    if (node === undefined) throw new Error("no leader yet");
    return node.endpoint;
  }, 10_000);
  // Nobody knows the leader yet, and chance would begin there in one of three.
  const { order } = Sessions.prototype;
  vi.spyOn(Sessions.prototype, "order").mockImplementationOnce(function (this: Sessions, ...asked) {
    const all = order.apply(this, asked);
    const isLeader = ({ address }: { address: string }): boolean => address === leader;
    return [...all.filter((one) => !isLeader(one)), ...all.filter(isLeader)];
  });
  for (const spy of [opened, left]) spy.mockClear();
});
afterEach(() => client.close());

/** Where consumers were opened, in order. */
const places = (): string[] =>
  (opened.mock.contexts as SessionConsumer[]).map(({ endpoint }) => endpoint.address);

const moved = () => vi.waitFor(() => expect(places()).toHaveLength(2), { timeout: 20_000 });

const standing = async () => (await client.stats(topic)).topics.get(topic);

it("while messages come and are at work, each is handed out once and acknowledged, and none counts twice", async () => {
  const count = 600;
  let sent = 0;
  const producing = (async () => {
    for (; sent < count; sent += 1) {
      await client.enqueue(topic, String(sent));
      if (sent >= 200 && places().length < 2)
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  const seen: string[] = [];
  const attempts = new Set<number>();
  const acks: Promise<void>[] = [];
  let first: Message | undefined;
  for await (const message of client.pop(topic, { prefetch: 40, limit: count })) {
    seen.push(message.text());
    attempts.add(message.attempts);
    if (first === undefined) first = message;
    else acks.push(message.ack());
  }
  await Promise.all([...acks, producing]);
  expect(places()).toEqual([expect.not.stringMatching(leader), leader]);
  // It came by the node that was left, and is settled all the same.
  await first?.ack();
  expect(new Set(seen).size).toBe(count);
  expect(seen).toHaveLength(count);
  expect([...attempts]).toEqual([1]);
  expect(await standing()).toMatchObject({ messages: 0, acks: count, retries: 0, timeouts: 0 });
});

it("what lies here and was not taken goes back uncounted, and comes from the leader", async () => {
  for (let n = 0; n < 20; n += 1) await client.enqueue(topic, String(n), { priority: n });
  const pop = client.pop(topic, { prefetch: 20, limit: 21 });
  const taken = [await pop.next(), await pop.next()].map(({ value }) => value);
  await moved();
  const rest: (Message | undefined)[] = [];
  while (rest.length < 18) rest.push((await pop.next()).value);
  const all = [...taken, ...rest];
  expect(all.map((message) => message?.text())).toEqual(all.map((_, n) => String(n)));
  expect(all.map((message) => message?.attempts)).toEqual(all.map(() => 1));
  await Promise.all(all.map((message) => message?.ack()));
  // What went back does not count for the limit.
  await client.enqueue(topic, "last");
  const last = (await pop.next()).value;
  expect(last?.text()).toBe("last");
  expect((await pop.next()).done).toBe(true);
  await last?.ack();
  expect(await standing()).toMatchObject({ messages: 0, acks: 21, retries: 0, timeouts: 0 });
  expect(places()).toEqual([expect.not.stringMatching(leader), leader]);
});

it("then it stays, and its end gives back what it has there", async () => {
  const pop = client.pop(topic, { prefetch: 5 });
  const next = pop.next();
  await moved();
  for (let n = 0; n < 5; n += 1) await client.enqueue(topic, String(n));
  await (await next).value?.ack();
  await vi.waitFor(async () => expect((await standing())?.inflight).toBe(4), 10_000);
  await pop.close();
  expect(await standing()).toMatchObject({ messages: 4, inflight: 0 });
  const { items } = await client.peek(topic);
  expect(items.map(({ attempts }) => attempts)).toEqual([0, 0, 0, 0]);
  expect(left).toHaveBeenCalledTimes(2);
  expect(places()).toHaveLength(2);
});
