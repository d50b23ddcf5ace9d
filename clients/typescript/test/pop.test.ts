// Consuming: order, credits, settling, the ways a stream ends, and what happens when a node dies.
import { status } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DisheapClient, DisheapError, DisheapLeaseError, type Message } from "../src/index.js";
import { QueueState } from "./support/queue-state.js";
import { TestNode } from "./support/test-node.js";

let state: QueueState;
let nodes: TestNode[];
let client: DisheapClient;

beforeEach(async () => {
  state = new QueueState();
  nodes = await Promise.all([1, 2].map(() => new TestNode(state).start()));
  client = new DisheapClient({
    endpoints: nodes.map((node) => node.address),
    retry: { initialBackoffMs: 1, maxBackoffMs: 5 },
  });
  await client.createTopic("jobs", { partitions: 2 });
});

afterEach(async () => {
  await client.close();
  for (const node of nodes) node.kill();
});

const streams = () => nodes.flatMap((node) => node.streams).sort((a, b) => a.order - b.order);
const stats = async () => (await client.stats("jobs")).topics.get("jobs");

async function fill(count: number): Promise<void> {
  for (let priority = count; priority > 0; priority -= 1) {
    await client.enqueue("jobs", `p${priority}`, { priority });
  }
}

async function isAcked(message: Message): Promise<boolean> {
  try {
    await message.ack();
    return true;
  } catch (error) {
    if (error instanceof DisheapLeaseError) return false;
    throw error;
  }
}

async function collect(
  messages: AsyncIterable<Message>,
  settle: (message: Message) => Promise<void>,
): Promise<string[]> {
  const seen: string[] = [];
  for await (const message of messages) {
    seen.push(message.text());
    await settle(message);
  }
  return seen;
}

describe("a delivery", () => {
  it("carries everything the node said", async () => {
    await client.enqueue("jobs", "hello", { priority: -(2n ** 63n), maxRetries: 9 });
    const { value } = await client.pop("jobs", { credits: 1, visibilityMs: 60_000 }).next();
    expect(value).toMatchObject({
      topic: "jobs",
      priority: -(2n ** 63n),
      attempts: 1,
      maxRetries: 9,
      fencing: 1,
      producerId: client.producerId,
      sequence: 1n,
    });
    expect(value?.text()).toBe("hello");
    expect(value?.leaseToken).toMatch(/^00000001.{35}$/);
    expect(value?.enqueuedAt).toBeInstanceOf(Date);
  });

  it("has a fencing number that grows with every lease", async () => {
    await client.enqueue("jobs", "x");
    const fences: number[] = [];
    for await (const message of client.pop("jobs", { limit: 3 })) {
      fences.push(message.fencing);
      await message.nack({ backoffMs: 0 });
    }
    expect(fences).toEqual([1, 2, 3]);
  });

  it("settles once: the same way twice is one call, both ways is refused", async () => {
    await fill(1);
    const { value } = await client.pop("jobs", { credits: 1 }).next();
    await Promise.all([value?.ack(), value?.ack()]);
    await value?.ack();
    await expect(value?.nack()).rejects.toBeInstanceOf(DisheapLeaseError);
    const calls = nodes.flatMap((node) => node.calls);
    expect(calls.filter((call) => call === "ack" || call === "nack")).toEqual(["ack"]);
  });

  it("can be settled again after a failure that may pass", async () => {
    await fill(1);
    const { value } = await client.pop("jobs", { credits: 1 }).next();
    for (const node of nodes) node.intercept = () => ({ fail: status.PERMISSION_DENIED });
    await expect(value?.ack()).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    for (const node of nodes) node.intercept = () => undefined;
    await value?.nack({ backoffMs: 250, reason: "why" });
    expect(state.nacks).toEqual([{ id: value?.id, backoffMs: 250, reason: "why" }]);
  });

  it("moves its deadline by what was asked", async () => {
    await fill(1);
    const { value } = await client.pop("jobs", { credits: 1 }).next();
    const before = value?.leaseDeadline.getTime() ?? 0;
    const after = await value?.extend(45_000);
    expect(after?.getTime()).toBe(before + 45_000);
    expect(state.topic("jobs").messages[0]?.lease?.deadlineMs).toBe(before + 45_000);
  });

  it("refuses a negative backoff before it is sent, and stays settleable", async () => {
    await fill(1);
    const { value } = await client.pop("jobs", { credits: 1 }).next();
    await expect(value?.nack({ backoffMs: -1 })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    await value?.ack();
    expect((await stats())?.acks).toBe(1);
  });
});

describe("credits", () => {
  it("sends the filter first, then credits, and only what was chosen", async () => {
    const pop = client.pop("jobs", { prefetch: 4, visibilityMs: 7_000, partitions: [1] });
    const pending = pop.next();
    await vi.waitFor(() => expect(streams()[0]?.opened).toEqual(["filter", 4]), 10_000);
    expect(streams()[0]?.filter).toMatchObject({
      topic: "jobs",
      partitionIds: [1],
      visibilityTimeout: { seconds: 7n, nanos: 0 },
    });
    await pop.close();
    expect(await pending).toEqual({ value: undefined, done: true });
  });

  it("leaves the visibility to the topic when it is not given", async () => {
    const pop = client.pop("jobs");
    const pending = pop.next();
    await vi.waitFor(() => expect(streams()[0]?.opened).toEqual(["filter", 10]), 10_000);
    expect(streams()[0]?.filter?.visibilityTimeout).toBeUndefined();
    await pop.close();
    await pending;
  });

  it("holds at most the prefetch, and gets the next message for each one settled", async () => {
    await fill(10);
    const pop = client.pop("jobs", { prefetch: 3 });
    const held = [await pop.next(), await pop.next(), await pop.next()];
    expect(await stats()).toMatchObject({ pops: 3, inflight: 3 });
    await held[1]?.value?.ack();
    expect((await pop.next()).value?.text()).toBe("p4");
    expect(await stats()).toMatchObject({ pops: 4, inflight: 3 });
    await held[0]?.value?.nack({ backoffMs: 60_000 });
    expect((await pop.next()).value?.text()).toBe("p5");
    await pop.close();
  });

  it("go in steps of half the prefetch while there is something to hand out", async () => {
    await fill(40);
    const pop = client.pop("jobs", { prefetch: 10 });
    await collect(pop, async (message) => {
      await message.ack();
      if (message.text() === "p40") void pop.close();
    });
    const [filter, first, ...steps] = streams()[0]?.opened ?? [];
    expect([filter, first]).toEqual(["filter", 10]);
    expect(new Set(steps)).toEqual(new Set([5]));
  });

  it("go at once, however few, when the consumer would wait for them", async () => {
    await fill(4);
    const pop = client.pop("jobs", { prefetch: 3 });
    const held = [await pop.next(), await pop.next(), await pop.next()];
    await held[2]?.value?.ack();
    expect((await pop.next()).value?.text()).toBe("p4");
    expect(streams()[0]?.opened).toEqual(["filter", 3, 1]);
    await pop.close();
  });

  it("delivers far more than the prefetch over one stream, in order", async () => {
    await fill(200);
    const seen = await collect(client.pop("jobs", { prefetch: 1, limit: 200 }), (m) => m.ack());
    expect(seen).toEqual(Array.from({ length: 200 }, (_, index) => `p${index + 1}`));
    expect(streams().length).toBe(1);
    expect((await stats())?.messages).toBe(0);
  });

  it("a limit is never exceeded, and its leases stay whole", async () => {
    await fill(5);
    const pop = client.pop("jobs", { prefetch: 100, limit: 3 });
    expect(await collect(pop, () => Promise.resolve())).toEqual(["p1", "p2", "p3"]);
    expect(await stats()).toMatchObject({ pops: 3, inflight: 3 });
    expect(streams()[0]).toMatchObject({ isHalfClosed: true, isCancelled: false });
  });

  it.each([
    [{ prefetch: 0 }, "prefetch"],
    [{ prefetch: 1_001 }, "1000"],
    [{ credits: 0 }, "credits"],
    [{ limit: 0 }, "limit"],
    [{ credits: 1, limit: 1 }, "one-shot"],
    [{ partitions: [-1] }, "partition"],
    [{ visibilityMs: -5 }, "visibilityMs"],
    [{ outageMaxMs: 0 }, "outageMaxMs"],
  ])("refuses %j", (options, word) => {
    expect(() => client.pop("jobs", options)).toThrow(word);
  });
});

describe("one shot", () => {
  it("takes what is ready and ends", async () => {
    await fill(3);
    const seen = await collect(client.pop("jobs", { credits: 10 }), (m) => m.ack());
    expect(seen).toEqual(["p1", "p2", "p3"]);
    expect(streams()[0]?.opened).toEqual(["filter", 10]);
    expect(streams()[0]?.isCancelled).toBe(false);
  });

  it("ends at once on an empty topic", async () => {
    expect(await client.pop("jobs", { credits: 1 }).next()).toEqual({
      value: undefined,
      done: true,
    });
  });

  it("does not wait for ever for a node that does not end its stream", async () => {
    await fill(1);
    for (const node of nodes) node.ignoresHalfClose = true;
    const seen = await collect(client.pop("jobs", { credits: 1 }), () => Promise.resolve());
    expect(seen).toEqual(["p1"]);
  });
});

describe("the end", () => {
  it("an unknown topic fails the iteration once, and then it is over", async () => {
    const pop = client.pop("nowhere");
    await expect(pop.next()).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect((await pop.next()).done).toBe(true);
    expect(streams().length).toBe(1);
  });

  it("what has arrived is handed out before the error", async () => {
    await fill(2);
    const pop = client.pop("jobs", { prefetch: 2 });
    const first = await pop.next();
    state.remove("jobs");
    for (const node of nodes) node.breakStreams(status.NOT_FOUND);
    const second = await pop.next();
    expect([first.value?.text(), second.value?.text()]).toEqual(["p1", "p2"]);
    await expect(pop.next()).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  /** Takes the first of four while the others have come as well, and leaves. */
  async function leaveAfterOne(): Promise<void> {
    await fill(4);
    for await (const message of client.pop("jobs", { prefetch: 4 })) {
      await vi.waitFor(async () => expect((await stats())?.pops).toBe(4), 10_000);
      await message.ack();
      break;
    }
  }

  it("leaving the loop gives back what was not seen, and it costs no attempt", async () => {
    await leaveAfterOne();
    expect(state.topic("jobs").messages.map(({ attempts }) => attempts)).toEqual([0, 0, 0]);
    expect(await stats()).toMatchObject({ inflight: 0, nacks: 0 });
  });

  it("a node that cannot take deliveries back without an attempt gets them as rejected", async () => {
    for (const node of nodes) {
      node.kill();
      node.lacksAdmin = true;
      await node.start();
    }
    await leaveAfterOne();
    const back = state.nacks.map((nack) => [nack.backoffMs, nack.reason?.includes("closed")]);
    expect(back.length).toBeGreaterThanOrEqual(3);
    expect(back.every(([backoffMs, isClosed]) => backoffMs === 0 && isClosed === true)).toBe(true);
    // It hangs up as it always did: what is still on its way would cost an attempt each.
    await vi.waitFor(() => expect(streams().at(-1)?.isCancelled).toBe(true), 10_000);
  });

  it("what is on its way as the consumer leaves is taken in and given back, too", async () => {
    await fill(1);
    const pop = client.pop("jobs", { prefetch: 4 });
    const first = await pop.next();
    const stream = streams()[0];
    // Nothing more reaches the client until it leaves, which it begins with a question.
    const late: Parameters<NonNullable<typeof stream>["call"]["write"]>[0][] = [];
    const write = stream?.call.write.bind(stream.call);
    if (stream !== undefined) stream.call.write = (item: never) => late.push(item) > 0;
    await fill(3);
    for (const node of nodes) {
      node.intercept = (method) => {
        if (method === "release") for (const item of late.splice(0)) write?.(item);
        return undefined;
      };
    }
    await pop.close();
    const attempts = state.topic("jobs").messages.map((message) => message.attempts);
    expect([first.value?.attempts, attempts]).toEqual([1, [1, 0, 0, 0]]);
  });

  it("leaving waits about a second for a stream that does not end, and then cancels it", async () => {
    for (const node of nodes) node.ignoresHalfClose = true;
    await fill(1);
    const pop = client.pop("jobs", { prefetch: 4 });
    await pop.next();
    const leftMs = performance.now();
    await pop.close();
    const waitedMs = performance.now() - leftMs;
    expect(waitedMs).toBeGreaterThan(900);
    expect(waitedMs).toBeLessThan(1_900);
    await vi.waitFor(() => expect(streams()[0]?.isCancelled).toBe(true), 10_000);
  });

  it("whether a cluster takes deliveries back is asked once", async () => {
    let asked = 0;
    for (const node of nodes) {
      node.intercept = (method) => {
        if (method === "release") asked += 1;
        return undefined;
      };
    }
    expect([await client.canRelease(), await client.canRelease(), asked]).toEqual([true, true, 1]);
  });

  it("closing the client waits until a loop that is leaving has given back", async () => {
    await fill(4);
    const pop = client.pop("jobs", { prefetch: 4 });
    await pop.next();
    await vi.waitFor(async () => expect((await stats())?.pops).toBe(4), 10_000);
    void pop.close();
    expect((await pop.next()).done).toBe(true);
    await client.close();
    expect(state.releases.length).toBe(3);
  });

  it("finish lets the iteration end by itself without cancelling", async () => {
    await fill(1);
    const pop = client.pop("jobs", { prefetch: 5 });
    const first = await pop.next();
    const pending = pop.next();
    pop.finish();
    expect((await pending).done).toBe(true);
    expect(streams()[0]).toMatchObject({ isHalfClosed: true, isCancelled: false });
    await first.value?.ack();
    expect((await stats())?.acks).toBe(1);
  });

  it("closing the client ends a waiting iteration", async () => {
    const pending = client.pop("jobs").next();
    await vi.waitFor(() => expect(streams().length).toBe(1), 10_000);
    await client.close();
    expect((await pending).done).toBe(true);
    // In order: what it was granted meanwhile would have come before the end.
    await vi.waitFor(() => expect(streams()[0]?.isEnded).toBe(true), 10_000);
  });

  it("a stream that a node ends in good order ends the iteration", async () => {
    const pending = client.pop("jobs").next();
    await vi.waitFor(() => expect(streams()[0]?.opened).toEqual(["filter", 10]), 10_000);
    streams()[0]?.call.end();
    expect((await pending).done).toBe(true);
  });
});

describe("a broken stream", () => {
  it.each([status.UNAVAILABLE, status.INTERNAL, status.ABORTED])(
    "code %s: opens again with the filter and credits for the room it has",
    async (code) => {
      await fill(6);
      const pop = client.pop("jobs", { prefetch: 3, partitions: [0, 1] });
      const first = await pop.next();
      await vi.waitFor(async () => expect((await stats())?.pops).toBe(3), 10_000);
      for (const node of nodes) node.breakStreams(code);
      await vi.waitFor(() => expect(streams().length).toBe(2), 10_000);
      // All three are still held here, so there is no room and no credit.
      await vi.waitFor(() => expect(streams()[1]?.opened).toEqual(["filter"]), 10_000);
      expect(streams()[1]?.filter).toEqual(streams()[0]?.filter);
      await first.value?.ack();
      const second = await pop.next();
      await second.value?.ack();
      await vi.waitFor(() => expect(streams()[1]?.opened).toEqual(["filter", 2]), 10_000);
      const rest = [second, await pop.next(), await pop.next()];
      expect(rest.map(({ value }) => value?.text())).toEqual(["p2", "p3", "p4"]);
      await pop.close();
    },
  );

  it("loses nothing when nodes are killed under it, one after the other", async () => {
    await fill(40);
    const seen = new Set<string>();
    const patient = new DisheapClient({ endpoints: nodes.map((node) => node.address) });
    for await (const message of patient.pop("jobs", { prefetch: 2, limit: 200 })) {
      // A lease that ended meanwhile: the message comes again.
      if (!(await isAcked(message))) continue;
      seen.add(message.text());
      const [first, second] = nodes;
      if (seen.size === 10) first?.kill();
      if (seen.size === 20) {
        await first?.start();
        second?.kill();
      }
      // Deliveries that died with a node come back, as they would when their leases end.
      for (const stored of state.topic("jobs").messages) {
        if (seen.size > 30 && stored.lease !== undefined) stored.lease = undefined;
      }
      if (state.topic("jobs").messages.length === 0) break;
    }
    await patient.close();
    expect(seen.size).toBe(40);
  });

  it("lives through an outage, however long, and goes on by itself", async () => {
    await fill(2);
    const pop = client.pop("jobs", { prefetch: 1 });
    await (await pop.next()).value?.ack();
    // Far more rounds than any bound on them would allow.
    for (const node of nodes) node.intercept = () => ({ fail: status.UNAVAILABLE });
    for (const node of nodes) node.breakStreams(status.UNAVAILABLE);
    await vi.waitFor(() => expect(streams().length).toBeGreaterThan(300), { timeout: 30_000 });
    for (const node of nodes) node.intercept = () => undefined;
    expect((await pop.next()).value?.text()).toBe("p2");
    await pop.close();
  });

  it("ends with the last failure once an outage has lasted as long as it may", async () => {
    for (const node of nodes) node.intercept = () => ({ fail: status.UNAVAILABLE });
    const startMs = performance.now();
    const error: unknown = await client
      .pop("jobs", { outageMaxMs: 700 })
      .next()
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DisheapError);
    expect((error as DisheapError).message).toContain("after 700 ms");
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(700);
  });

  it("is not opened again after a refusal", async () => {
    for (const node of nodes) node.intercept = () => ({ fail: status.INVALID_ARGUMENT });
    await expect(client.pop("jobs").next()).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(streams().length).toBe(1);
  });
});
