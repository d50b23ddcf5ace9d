// Consumers by sessions, with real nodes: what goes back, what keeps its lease, and how it is settled.
import { Cluster } from "@disheap/harness";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { Caller } from "../../src/caller.js";
import {
  DisheapClient,
  DisheapLeaseError,
  type Message,
  type PopOptions,
} from "../../src/index.js";
import { PopConnection } from "../../src/pop-connection.js";
import { SessionConsumer } from "../../src/session/consumer.js";

const calls = vi.spyOn(Caller.prototype, "unary");
const streamCredits = vi.spyOn(PopConnection.prototype, "credit");
const byNumber = vi.spyOn(SessionConsumer.prototype, "settle");

let cluster: Cluster;
let client: DisheapClient;
let topics = 0;
let topic: string;

beforeAll(async () => {
  cluster = await Cluster.start();
});
afterAll(() => cluster.close());

beforeEach(async () => {
  topics += 1;
  topic = `jobs-${topics}`;
  client = new DisheapClient({ endpoints: cluster.endpoints });
  await client.createTopic(topic);
  for (const spy of [calls, streamCredits, byNumber]) spy.mockClear();
});
afterEach(() => client.close());

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
const fill = (count: number) =>
  Promise.all(
    numbers(count).map((index) => client.enqueue(topic, `${index}`, { priority: index })),
  );

/** Text, attempts, and whether it is leased, best first. */
async function left(): Promise<[string, number, boolean][]> {
  const { items } = await client.peek(topic, { limit: 100 });
  return items.map(({ payload, attempts, isLeased }) => [
    `${Buffer.from(payload)}`,
    attempts,
    isLeased,
  ]);
}

async function take(count: number, options: PopOptions = {}) {
  const pop = client.pop(topic, options);
  const messages: Message[] = [];
  while (messages.length < count) {
    const { value } = await pop.next();
    if (value !== undefined) messages.push(value);
  }
  return { pop, messages };
}

/** Until this many deliveries are on the client's side. */
const leased = (count: number) =>
  vi.waitFor(
    async () => expect((await left()).filter(([, , is]) => is).length).toBe(count),
    10_000,
  );

describe("a consumer that closes", () => {
  it("keeps what was handed out, and gives the rest back without an attempt", async () => {
    await fill(6);
    const { pop, messages } = await take(2, { prefetch: 4 });
    await leased(4);
    await pop.close();
    expect(await left()).toEqual([
      ["0", 1, true],
      ["1", 1, true],
      ["2", 0, false],
      ["3", 0, false],
      ["4", 0, false],
      ["5", 0, false],
    ]);
    // By token: the session is over.
    await Promise.all(messages.map((message) => message.ack()));
    expect((await left()).map(([text]) => text)).toEqual(["2", "3", "4", "5"]);
    expect(streamCredits).not.toHaveBeenCalled();
  });

  it("does so for what is on its way to it", async () => {
    const pop = client.pop(topic, { prefetch: 50 });
    const pending = pop.next();
    const filling = fill(50);
    await pending;
    await Promise.all([pop.close(), filling]);
    await vi.waitFor(async () => {
      const rows = await left();
      expect(rows.filter(([, attempts, isLeased]) => attempts === 1 && isLeased).length).toBe(1);
      expect(rows.filter(([, attempts, isLeased]) => attempts === 0 && !isLeased).length).toBe(49);
    }, 10_000);
  });
});

describe("a consumer whose session has ended by its limit", () => {
  it("extends what it holds often, since it would not see the end of its node", async () => {
    await fill(3);
    const { pop, messages } = await take(1, { limit: 3, visibilityMs: 60_000 });
    const extensions = () => byNumber.mock.calls.filter(([{ kind }]) => kind === "extend").length;
    await vi.waitFor(() => expect(extensions()).toBeGreaterThanOrEqual(3), 10_000);
    for await (const message of pop) messages.push(message);
    await Promise.all(messages.map((message) => message.ack()));
    expect([messages.length, await left()]).toEqual([3, []]);
  });
});

describe("a consumer that finishes", () => {
  it("hands out what has come, under its lease", async () => {
    await fill(6);
    const { pop, messages } = await take(1, { prefetch: 4 });
    await leased(4);
    pop.finish();
    for await (const message of pop) messages.push(message);
    expect(messages.map((message) => message.text())).toEqual(["0", "1", "2", "3"]);
    expect((await left()).map(([, , isLeased]) => isLeased)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
    ]);
    await Promise.all(messages.map((message) => message.ack()));
    expect((await left()).map(([text]) => text)).toEqual(["4", "5"]);
  });

  it("asks for what is ready once more, and then ends", async () => {
    const pop = client.pop(topic, { prefetch: 5 });
    const pending = pop.next();
    await vi.waitFor(async () => {
      const { topics: stats } = await client.stats(topic);
      expect(stats.get(topic)).toBeDefined();
    }, 10_000);
    pop.finish();
    expect((await pending).done).toBe(true);
  });

  it("by its limit gets no more than that, and its leases stay", async () => {
    await fill(6);
    const { pop, messages } = await take(3, { limit: 3 });
    expect((await pop.next()).done).toBe(true);
    expect((await left()).map(([, , isLeased]) => isLeased)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
    await Promise.all(messages.map((message) => message.ack()));
    expect((await left()).length).toBe(3);
  });
});

describe("a delivery", () => {
  it("is settled by its number, and says all that it says by PopStream", async () => {
    await fill(3);
    const { pop, messages } = await take(3);
    const [a, b, c] = messages;
    expect(a).toMatchObject({
      priority: 0n,
      attempts: 1,
      maxRetries: 3,
      producerId: client.producerId,
    });
    expect([a, b, c].map((message) => message?.sequence)).toEqual([1n, 2n, 3n]);
    const { items } = await client.peek(topic);
    expect(items.map(({ id, enqueuedAt }) => [id, enqueuedAt])).toEqual(
      messages.map(({ id, enqueuedAt }) => [id, enqueuedAt]),
    );
    const before = c?.leaseDeadline.getTime() ?? 0;
    await Promise.all([a?.ack(), b?.nack({ backoffMs: 60_000 }), c?.extend(5_000)]);
    const answers = await Promise.all(byNumber.mock.results.map(({ value }) => value as unknown));
    expect(answers).toEqual([undefined, undefined, undefined]);
    const after = await client.peek(topic);
    const deadlines = new Map(after.items.map((item) => [item.id, item.leaseDeadline?.getTime()]));
    expect(deadlines).toEqual(
      new Map([
        [b?.id, undefined],
        [c?.id, before + 5_000],
      ]),
    );
    await pop.close();
  });

  it("can be settled by its token", async () => {
    await fill(1);
    const { pop, messages } = await take(1);
    const { id = "", leaseToken = "" } = messages[0] ?? {};
    await client.ack(topic, id, leaseToken);
    expect(await left()).toEqual([]);
    await pop.close();
  });

  it("whose lease is over is refused, by number and by token", async () => {
    await fill(1);
    const { pop, messages } = await take(1, { visibilityMs: 1_000, keepLeaseMs: 0, limit: 1 });
    const isOver = async () => expect(await left()).toEqual([["0", 1, false]]);
    await vi.waitFor(isOver, { timeout: 20_000, interval: 100 });
    await expect(messages[0]?.ack()).rejects.toBeInstanceOf(DisheapLeaseError);
    await pop.close();
  });
});

it("a consumer outlives the nodes that serve it, and settles each message once", async () => {
  await fill(300);
  const seen = new Set<string>();
  const acks: Promise<void>[] = [];
  let killed: Promise<unknown> | undefined;
  const leader = await cluster.leader();
  for await (const message of client.pop(topic, { prefetch: 20 })) {
    acks.push(
      message.ack().then(
        () => void seen.add(message.text()),
        (error: unknown) => expect(error).toBeInstanceOf(DisheapLeaseError),
      ),
    );
    if (seen.size >= 100) killed ??= leader.kill();
    await new Promise((resolve) => setImmediate(resolve));
    if (seen.size + 20 >= 300) await Promise.all(acks);
    if (seen.size === 300) break;
  }
  expect(killed).toBeDefined();
  await killed;
  expect(await left()).toEqual([]);
  const { topics: stats } = await client.stats(topic);
  expect(stats.get(topic)?.acks).toBe(300);
  expect(streamCredits).not.toHaveBeenCalled();
  await leader.start().healthy();
});

it("one shot goes by PopStream, and so does everything with sessions: false", async () => {
  await fill(2);
  const { pop } = await take(1, { credits: 1 });
  expect((await pop.next()).done).toBe(true);
  const plain = new DisheapClient({ endpoints: cluster.endpoints, sessions: false });
  const stream = plain.pop(topic);
  await (await stream.next()).value?.ack();
  await plain.close();
  expect(streamCredits).toHaveBeenCalledTimes(2);
  expect(byNumber).not.toHaveBeenCalled();
});
