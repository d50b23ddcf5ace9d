// A node that keeps its connections and says nothing: no call and no consumer waits for it for long.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DisheapClient } from "../src/index.js";
import { Freezer } from "./support/freezer.js";
import { QueueState } from "./support/queue-state.js";
import { TestNode } from "./support/test-node.js";

/** What a call may take while a minority is frozen. */
const slowMs = 3_000;

let state: QueueState;
let nodes: TestNode[];
let freezers: Freezer[];
let client: DisheapClient;

beforeEach(async () => {
  state = new QueueState();
  nodes = await Promise.all([1, 2, 3].map(() => new TestNode(state).start()));
  freezers = await Promise.all(nodes.map((node) => new Freezer(node.address).start()));
  client = new DisheapClient({ endpoints: freezers.map((freezer) => freezer.address) });
  await client.createTopic("jobs");
});

afterEach(async () => {
  await client.close();
  for (const freezer of freezers) freezer.close();
  for (const node of nodes) node.kill();
});

/** Until the client is connected to every node. */
async function warm(): Promise<void> {
  while (nodes.some((node) => !node.calls.includes("stats"))) {
    await client.stats();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The node behind it gives nothing away either. */
function freeze(index: number): void {
  freezers[index]?.freeze();
  for (const stream of nodes[index]?.streams ?? []) stream.credits = 0;
}

async function msOf(call: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await call();
  return performance.now() - startMs;
}

describe("calls while one node of three is frozen", () => {
  let topics = 0;
  const calls: [string, () => Promise<unknown>][] = [
    ["enqueue", () => client.enqueue("jobs", "x")],
    ["enqueue without an identity", () => client.enqueue("jobs", "x", { producer: false })],
    ["stats", () => client.stats()],
    ["peek", () => client.peek("jobs")],
    ["createTopic", () => client.createTopic(`new-${(topics += 1)}`)],
  ];

  it.each(calls)("%s ends soon, each time", async (_, call) => {
    await warm();
    freeze(1);
    // What was heard just before proves nothing about now, but a call must not rely on that.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const worst: number[] = [];
    // Chance that twelve calls, 60 ms apart, all start elsewhere: below one in a hundred.
    for (let index = 0; index < 12; index += 1) {
      worst.push(await msOf(call));
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    expect(Math.max(...worst)).toBeLessThan(slowMs);
  });

  it("an enqueue exists once, also when the frozen node carries it out later", async () => {
    await warm();
    freeze(0);
    freeze(1);
    await client.enqueue("jobs", "once");
    freezers[0]?.thaw();
    freezers[1]?.thaw();
    await client.stats();
    expect((await client.peek("jobs")).items.length).toBe(1);
  });

  it("one that must go to one node waits its whole time for a node that freezes under it", async () => {
    const requestTimeoutMs = 1_500;
    const endpoints = freezers.map(({ address }) => address);
    const strict = new DisheapClient({ endpoints, requestTimeoutMs });
    let isFirst = true;
    for (const [index, node] of nodes.entries()) {
      node.intercept = (method) => {
        if (method === "makeHeap" && isFirst) freezers[index]?.freeze();
        if (method === "makeHeap") isFirst = false;
        return undefined;
      };
    }
    const takenMs = await msOf(() => strict.createTopic("late").catch(() => undefined));
    expect(takenMs).toBeGreaterThanOrEqual(requestTimeoutMs - 50);
    expect(takenMs).toBeLessThan(requestTimeoutMs + slowMs);
    expect([...state.topics.keys()]).toContain("late");
    await strict.close();
  });

  it("ack, nack and extend end soon", async () => {
    for (let index = 0; index < 3; index += 1) await client.enqueue("jobs", `${index}`);
    const pop = client.pop("jobs", { credits: 3 });
    const messages = [await pop.next(), await pop.next(), await pop.next()];
    await pop.next();
    await warm();
    freeze(2);
    const settle = async (): Promise<void> => {
      await messages[0]?.value?.extend(10_000);
      await messages[0]?.value?.ack();
      await messages[1]?.value?.nack();
      await messages[2]?.value?.ack();
    };
    expect(await msOf(settle)).toBeLessThan(slowMs);
  });

  it("a client that comes while it is frozen does not wait for its connection", async () => {
    freeze(0);
    freeze(1);
    for (let index = 0; index < 4; index += 1) {
      const fresh = new DisheapClient({ endpoints: freezers.map(({ address }) => address) });
      expect(await msOf(() => fresh.enqueue("jobs", "x"))).toBeLessThan(slowMs + 1_000);
      await fresh.close();
    }
  });

  it("the node is used again once it answers", async () => {
    await warm();
    freeze(1);
    for (let index = 0; index < 30; index += 1) {
      await client.stats();
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    freezers[1]?.thaw();
    const before = nodes[1]?.calls.length ?? 0;
    await vi.waitFor(
      async () => {
        await client.peek("jobs");
        expect(nodes[1]?.calls.slice(before)).toContain("peek");
      },
      { timeout: 10_000, interval: 60 },
    );
  });
});

describe("a consumer whose node is frozen", () => {
  it("goes on at another node", async () => {
    const pop = client.pop("jobs", { prefetch: 4 });
    const first = pop.next();
    const holder = await vi.waitFor(() => {
      const index = nodes.findIndex((node) => node.streams[0]?.credits === 4);
      expect(index).toBeGreaterThanOrEqual(0);
      return index;
    }, 10_000);
    freeze(holder);
    state.enqueue({ ...template, topic: "jobs", payload: Buffer.from("x") });
    expect(await msOf(() => first)).toBeLessThan(slowMs);
    expect((await first).value?.text()).toBe("x");
    await pop.close();
  });

  it("stays where it is when nothing comes and the node is well", async () => {
    const pop = client.pop("jobs");
    const pending = pop.next();
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    expect(nodes.flatMap((node) => node.streams).length).toBe(1);
    await pop.close();
    await pending;
  });
});

const template = { priority: 0n } as Parameters<QueueState["enqueue"]>[0];

it("a node alone is waited for", async () => {
  const [freezer] = freezers;
  const alone = new DisheapClient({ endpoints: [freezer?.address ?? ""] });
  await alone.stats();
  freeze(0);
  const pending = alone.enqueue("jobs", "x");
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  freezer?.thaw();
  await pending;
  expect(state.received.length).toBe(1);
  await alone.close();
});

it("a node alone is waited for no longer than the budget", async () => {
  const [freezer] = freezers;
  const endpoints = [freezer?.address ?? ""];
  const alone = new DisheapClient({ endpoints, retry: { budgetMs: 800 } });
  await alone.stats();
  freeze(0);
  expect(await msOf(() => alone.stats().catch(() => undefined))).toBeLessThan(slowMs);
  await alone.close();
});
