// Sessions with real nodes: what goes together, what becomes of rows whose session breaks, and who has no session.
import { Cluster, type NodeProcess } from "@disheap/harness";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { Caller } from "../../src/caller.js";
import { Endpoint } from "../../src/endpoints.js";
import { errorOf } from "../../src/errors.js";
import { DisheapClient, DisheapNotFoundError } from "../../src/index.js";
import { Leaders } from "../../src/session/leaders.js";
import { SessionStream } from "../../src/session/stream.js";
import { Freezer } from "../support/freezer.js";
import { TestNode } from "../support/test-node.js";

const frames = vi.spyOn(SessionStream.prototype, "write");
const calls = vi.spyOn(Caller.prototype, "unary");
const callsNamed = (name: string) =>
  calls.mock.calls.filter(([, , rules]) => rules.name.startsWith(name));

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
  frames.mockClear();
  calls.mockClear();
});
afterEach(() => client.close());

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

/** All texts of the topic, in the order in which they come. */
async function drain(count: number): Promise<string[]> {
  const texts: string[] = [];
  const acks: Promise<void>[] = [];
  for await (const message of client.pop(topic, { limit: count, prefetch: 200 })) {
    texts.push(message.text());
    acks.push(message.ack());
  }
  await Promise.all(acks);
  return texts;
}

describe("a session", () => {
  it("carries a thousand enqueues in a few frames, and none of them as a call", async () => {
    const results = await Promise.all(
      numbers(1_000).map((index) => client.enqueue(topic, `${index}`, { priority: -index })),
    );
    expect(new Set(results.map(({ messageId }) => messageId)).size).toBe(1_000);
    expect(results.every(({ duplicate }) => !duplicate)).toBe(true);
    expect(frames.mock.calls.length).toBeLessThan(12);
    expect(callsNamed("enqueue")).toEqual([]);
    const { items } = await client.peek(topic, { limit: 1 });
    expect(items[0]).toMatchObject({ id: results.at(-1)?.messageId, priority: -999n });
  });

  it("settles what PopStream delivered", async () => {
    await Promise.all(
      numbers(4).map((index) => client.enqueue(topic, `${index}`, { priority: index })),
    );
    const pop = client.pop(topic, { credits: 4 });
    const messages = await Promise.all(numbers(4).map(async () => (await pop.next()).value));
    const [a, b, c, d] = messages;
    await Promise.all([
      a?.ack(),
      b?.nack({ backoffMs: 0, reason: "by test" }),
      c?.extend(5_000).then(() => c.ack()),
      client.release(topic, d?.id ?? "", d?.leaseToken ?? ""),
    ]);
    expect(["ack", "nack", "extend", "release"].flatMap(callsNamed)).toEqual([]);
    const again = await client.peek(topic);
    expect(again.items.map(({ id, attempts, isLeased }) => [id, attempts, isLeased])).toEqual([
      [b?.id, 1, false],
      [d?.id, 0, false],
    ]);
  });

  it("fails the one row that is wrong", async () => {
    const [bad, empty, good] = await Promise.allSettled([
      client.enqueue("no-such-topic", "x"),
      client.enqueue(topic, ""),
      client.enqueue(topic, "good"),
    ]);
    expect(good).toMatchObject({ status: "fulfilled", value: { duplicate: false } });
    expect(bad).toMatchObject({ reason: expect.any(DisheapNotFoundError) as Error });
    expect(bad).toMatchObject({
      reason: {
        message: expect.stringMatching(
          /^enqueue\(no-such-topic\) failed with NOT_FOUND at 127/,
        ) as string,
      },
    });
    expect(empty).toMatchObject({ reason: { code: "INVALID_ARGUMENT", outcomeUnknown: false } });
    expect(callsNamed("enqueue").length).toBe(2);
  });

  it("is with the node that leads the topic, if one does", async () => {
    const { topics: stats } = await client.stats(topic);
    const name = stats.get(topic)?.partitions[0]?.leader;
    const leader = cluster.nodes.find((node) => node.name === name)?.endpoint;
    expect(leader).toBeDefined();
    const route = vi.spyOn(Leaders.prototype, "route");
    await client.enqueue(topic, "first");
    await vi.waitFor(() => expect(route).toHaveBeenCalledWith(topic, 0, name), 10_000);
    const heard = vi.spyOn(Endpoint.prototype, "heard");
    const speakers = () =>
      new Set((heard.mock.contexts as Endpoint[]).map(({ address }) => address));
    await vi.waitFor(
      async () => {
        heard.mockClear();
        for (const text of ["a", "b", "c"]) await client.enqueue(topic, text);
        expect(speakers()).toEqual(new Set([leader]));
      },
      { timeout: 20_000 },
    );
    heard.mockClear();
    const pop = client.pop(topic);
    await (await pop.next()).value?.ack();
    expect(speakers()).toEqual(new Set([leader]));
    await pop.close();
    heard.mockRestore();
  });

  it("sends no more than the window has room for, and all of it in the end", async () => {
    const payload = Buffer.alloc(500_000, 7);
    await Promise.all(numbers(40).map(() => client.enqueue(topic, payload)));
    expect(callsNamed("enqueue")).toEqual([]);
    expect((await client.stats(topic)).global.messages).toBeGreaterThanOrEqual(40);
  });

  it("is left alone with sessions: false", async () => {
    const plain = new DisheapClient({ endpoints: cluster.endpoints, sessions: false });
    await plain.enqueue(topic, "x");
    await plain.close();
    expect(frames).not.toHaveBeenCalled();
    expect(callsNamed("enqueue").length).toBe(1);
  });

  it("ends when nobody uses it, and is opened again for the next one", async () => {
    await client.enqueue(topic, "first");
    const before = frames.mock.calls.length;
    await vi.waitFor(() => expect(frames.mock.calls.length).toBeGreaterThan(before), 10_000);
    await client.enqueue(topic, "second");
    expect(callsNamed("enqueue")).toEqual([]);
    expect(await drain(2)).toEqual(["first", "second"]);
  });
});

describe("a session that breaks", () => {
  /** Enqueues `count` texts, `together` at a time, and calls `disturb` on the way. */
  async function load(count: number, disturb: (done: number) => void): Promise<void> {
    let next = 0;
    let done = 0;
    const work = async (): Promise<void> => {
      while (next < count) {
        const text = `${next}`;
        next += 1;
        await client.enqueue(topic, text);
        done += 1;
        disturb(done);
      }
    };
    await Promise.all(numbers(64).map(work));
  }

  it("loses and doubles nothing", async () => {
    await load(2_000, (done) => {
      if (done % 400 !== 0) return;
      // A little later: what follows is under way by then.
      const last = (): SessionStream | undefined =>
        (frames.mock.contexts as SessionStream[]).at(-1);
      setTimeout(() => last()?.abandon(errorOf("UNAVAILABLE", "cut")), 2);
    });
    expect(callsNamed("enqueue").length).toBeGreaterThan(0);
    expect((await drain(2_000)).map(Number).sort((a, b) => a - b)).toEqual(numbers(2_000));
    expect((await client.stats(topic)).topics.get(topic)?.messages).toBe(0);
  });

  it("because its node was killed, loses and doubles nothing", async () => {
    let killed: NodeProcess | undefined;
    const leader = await cluster.leader();
    await load(1_500, (done) => {
      if (done < 500 || killed !== undefined) return;
      killed = leader;
      void leader.kill();
    });
    expect((await drain(1_500)).map(Number).sort((a, b) => a - b)).toEqual(numbers(1_500));
    expect((await client.stats(topic)).topics.get(topic)?.messages).toBe(0);
    await leader.start().healthy();
  });

  it("because its node is frozen, costs its rows a few seconds at most", async () => {
    const freezers = await Promise.all(cluster.endpoints.map((at) => new Freezer(at).start()));
    const endpoints = freezers.map(({ address }) => address);
    const frozen = new DisheapClient({ endpoints });
    await Promise.all(numbers(10).map((index) => frozen.enqueue(topic, `${index}`)));
    freezers[0]?.freeze();
    freezers[1]?.freeze();
    const startMs = performance.now();
    await Promise.all(numbers(10).map((index) => frozen.enqueue(topic, `${index + 10}`)));
    expect(performance.now() - startMs).toBeLessThan(6_000);
    for (const freezer of freezers) freezer.thaw();
    await frozen.close();
    for (const freezer of freezers) freezer.close();
    expect((await drain(20)).map(Number).sort((a, b) => a - b)).toEqual(numbers(20));
  });
});

describe("a node without sessions", () => {
  let node: TestNode;
  let plain: DisheapClient;

  beforeEach(async () => {
    node = await new TestNode().start();
    plain = new DisheapClient({ endpoints: [node.address] });
    await plain.createTopic("old");
    frames.mockClear();
  });
  afterEach(async () => {
    await plain.close();
    node.kill();
  });

  it("is asked once a minute, and served by calls", async () => {
    for (const text of ["a", "b", "c"]) await plain.enqueue("old", text);
    expect(node.state.received.map(({ sequence }) => sequence)).toEqual([1n, 2n, 3n]);
    expect(frames).toHaveBeenCalledTimes(1);
    const now = performance.now.bind(performance);
    const clock = vi.spyOn(performance, "now").mockImplementation(() => now() + 55_000);
    await plain.enqueue("old", "d");
    expect(frames).toHaveBeenCalledTimes(1);
    clock.mockImplementation(() => now() + 61_000);
    await plain.enqueue("old", "e");
    expect(frames).toHaveBeenCalledTimes(2);
    clock.mockRestore();
  });

  it("is not waited for long when it does not say so", async () => {
    const mute = new TestNode(node.state);
    mute.hasMuteSessions = true;
    await mute.start();
    const slow = new DisheapClient({ endpoints: [mute.address] });
    await slow.stats();
    const startMs = performance.now();
    await slow.enqueue("old", "x");
    expect(performance.now() - startMs).toBeGreaterThan(490);
    expect(performance.now() - startMs).toBeLessThan(4_000);
    await slow.close();
    mute.kill();
  });

  it("is not needed for what carries no identity, nor for an empty key", async () => {
    await client.enqueue(topic, "x", { producer: false });
    await client.enqueue(topic, "x", { partitionKey: "" });
    expect(callsNamed("enqueue").length).toBe(2);
    expect(frames).not.toHaveBeenCalled();
  });
});
