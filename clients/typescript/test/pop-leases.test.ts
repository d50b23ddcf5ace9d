// What becomes of the leases of deliveries that a consumer holds: extended while it may be, never handed out ended,
// given back in time where nobody extends them.
import { status } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DisheapClient, type Message, type PopStream } from "../src/index.js";
import { QueueState } from "./support/queue-state.js";
import { TestNode } from "./support/test-node.js";

let state: QueueState;
let node: TestNode;
let client: DisheapClient;

beforeEach(async () => {
  state = new QueueState();
  node = await new TestNode(state).start();
  client = new DisheapClient({
    endpoints: [node.address],
    retry: { initialBackoffMs: 1, maxBackoffMs: 5 },
  });
  await client.createTopic("jobs", { partitions: 2 });
});

afterEach(async () => {
  await client.close();
  node.kill();
});

async function fill(count: number): Promise<void> {
  for (let priority = count; priority > 0; priority -= 1) {
    await client.enqueue("jobs", `p${priority}`, { priority });
  }
}

describe("leases of what is held", () => {
  /** The state of a message by its text; undefined once it is settled. */
  const stored = (text: string) =>
    state
      .topic("jobs")
      .messages.find(({ request }) => Buffer.from(request.payload).toString() === text);
  const extensions = () => node.calls.filter((call) => call === "extend");
  const pastLeases = () => new Promise((resolve) => setTimeout(resolve, 2_500));

  it("are extended, at work and waiting, and nothing is handed out expired", async () => {
    await fill(3);
    const pop = client.pop("jobs", { prefetch: 3, visibilityMs: 1_000 });
    const first = await pop.next();
    await pastLeases();
    for (const text of ["p1", "p2", "p3"]) {
      expect(stored(text)?.lease?.deadlineMs).toBeGreaterThan(Date.now());
    }
    await first.value?.ack();
    const second = await pop.next();
    expect(second.value?.leaseDeadline.getTime()).toBeGreaterThan(Date.now());
    expect([second.value?.text(), second.value?.attempts]).toEqual(["p2", 1]);
    await pop.close();
  });

  it("end when it is turned off, and what waited is not handed out", async () => {
    await fill(3);
    const pop = client.pop("jobs", { prefetch: 3, visibilityMs: 1_000, keepLeaseMs: 0 });
    await pop.next();
    await pastLeases();
    expect(stored("p1")?.lease?.deadlineMs).toBeLessThan(Date.now());
    const next = await pop.next();
    expect(next.value?.leaseDeadline.getTime()).toBeGreaterThan(Date.now());
    expect(next.value?.attempts).toBe(1);
    await pop.close();
  });

  it("that are not extended go back before they end, if they still wait here", async () => {
    await fill(3);
    const pop = client.pop("jobs", { prefetch: 3, visibilityMs: 1_000, keepLeaseMs: 0 });
    await pop.next();
    // p1 is at work, which nobody can take back.
    await vi.waitFor(() => expect(state.releases.length).toBeGreaterThanOrEqual(2), 5_000);
    expect(stored("p1")?.attempts).toBe(1);
    expect(stored("p2")?.attempts).toBeLessThanOrEqual(1);
    await pop.close();
    expect([stored("p2")?.attempts, stored("p3")?.attempts]).toEqual([0, 0]);
  });

  it("are extended no longer than agreed", async () => {
    await fill(1);
    const pop = client.pop("jobs", { visibilityMs: 1_000, keepLeaseMs: 1_200 });
    await pop.next();
    await pastLeases();
    expect(extensions().length).toBeGreaterThanOrEqual(1);
    expect(stored("p1")?.lease?.deadlineMs).toBeLessThan(Date.now());
    await pop.close();
  });

  it("are kept when the link breaks, though the cluster shortens them", async () => {
    await fill(3);
    const pop = client.pop("jobs", { prefetch: 3, visibilityMs: 20_000 });
    const first = await pop.next();
    await vi.waitFor(() => expect(stored("p3")?.lease).toBeDefined(), 5_000);
    for (const text of ["p1", "p2", "p3"]) {
      const lease = stored(text)?.lease;
      if (lease !== undefined) lease.deadlineMs = Date.now() + 1_500;
    }
    node.breakStreams(status.UNAVAILABLE);
    await pastLeases();
    for (const text of ["p1", "p2", "p3"]) {
      expect(stored(text)?.lease?.deadlineMs).toBeGreaterThan(Date.now());
    }
    const second = await pop.next();
    expect([second.value?.text(), second.value?.attempts]).toEqual(["p2", 1]);
    await Promise.all([first.value?.ack(), second.value?.ack()]);
    await pop.close();
  });

  describe.each<{ how: string; limit?: number; end: (pop: PopStream) => void }>([
    { how: "by its limit", limit: 3, end: () => undefined },
    { how: "by finish()", end: (pop) => pop.finish() },
    { how: "by the node", end: () => node.streams[0]?.call.end() },
  ])("of a stream that ended $how", ({ limit, end }) => {
    let pop: PopStream;
    let first: IteratorResult<Message, undefined>;
    beforeEach(async () => {
      await fill(3);
      pop = client.pop("jobs", { prefetch: 3, limit, visibilityMs: 20_000 });
      first = await pop.next();
      await vi.waitFor(() => expect(stored("p3")?.lease).toBeDefined(), 5_000);
      end(pop);
    });
    afterEach(() => pop.close());

    it("are kept, though the cluster shortens them as its node dies", async () => {
      for (const text of ["p1", "p2", "p3"]) {
        const lease = stored(text)?.lease;
        if (lease !== undefined) lease.deadlineMs = Date.now() + 3_500;
      }
      await new Promise((resolve) => setTimeout(resolve, 4_000));
      for (const text of ["p1", "p2", "p3"]) {
        expect(stored(text)?.lease?.deadlineMs).toBeGreaterThan(Date.now());
      }
      const second = await pop.next();
      expect([second.value?.text(), second.value?.attempts]).toEqual(["p2", 1]);
      await Promise.all([first.value?.ack(), second.value?.ack()]);
    });

    it("and are lost, are not handed out", async () => {
      const lost = stored("p2");
      if (lost !== undefined) lost.lease = undefined;
      await pastLeases();
      await vi.waitFor(() => expect(extensions().length).toBeGreaterThanOrEqual(3), 5_000);
      expect((await pop.next()).value?.text()).toBe("p3");
      expect((await pop.next()).done).toBe(true);
    });
  });

  it("are not extended at the end of a stream that was settled in time", async () => {
    await fill(3);
    for await (const message of client.pop("jobs", { credits: 3 })) await message.ack();
    await client.stats();
    expect(extensions()).toEqual([]);
  });

  it("are kept through an outage that outlasts the budget of every call, and handed out after it", async () => {
    await fill(3);
    const retry = { initialBackoffMs: 1, maxBackoffMs: 5, budgetMs: 200 };
    const hasty = new DisheapClient({ endpoints: [node.address], retry });
    const pop = hasty.pop("jobs", { prefetch: 3, visibilityMs: 20_000 });
    const first = await pop.next();
    await vi.waitFor(() => expect(stored("p3")?.lease).toBeDefined(), 5_000);
    node.intercept = () => ({ fail: status.UNAVAILABLE });
    node.breakStreams(status.UNAVAILABLE);
    const second = pop.next();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    node.intercept = () => undefined;
    const seen = [(await second).value, (await pop.next()).value];
    expect(seen.map((message) => [message?.text(), message?.attempts])).toEqual([
      ["p2", 1],
      ["p3", 1],
    ]);
    expect(state.releases).toEqual([]);
    await first.value?.ack();
    await pop.close();
    await hasty.close();
  });

  it("that are lost free their room, and are not handed out", async () => {
    await fill(2);
    const pop = client.pop("jobs", { prefetch: 2, visibilityMs: 1_000 });
    const first = await pop.next();
    const lost = stored("p2");
    if (lost !== undefined) lost.lease = undefined;
    await pastLeases();
    await first.value?.ack();
    const again = await pop.next();
    expect([again.value?.text(), again.value?.attempts]).toEqual(["p2", 2]);
    await pop.close();
  });

  it("of a cluster whose clock is behind this one's are found to run", async () => {
    await fill(2);
    const grant = state.grant.bind(state);
    state.grant = (...args) => {
      const item = grant(...args);
      if (item === undefined) return undefined;
      return { ...item, leaseDeadline: new Date(Date.now() - 3_600_000) };
    };
    const pop = client.pop("jobs", { prefetch: 2 });
    expect((await pop.next()).value?.text()).toBe("p1");
    expect((await pop.next()).value?.text()).toBe("p2");
    await pop.close();
  });

  it("that ended while they waited count for the limit", async () => {
    await fill(2);
    const pop = client.pop("jobs", { limit: 2, visibilityMs: 1_000, keepLeaseMs: 0 });
    const first = await pop.next();
    await first.value?.ack();
    await pastLeases();
    expect((await pop.next()).done).toBe(true);
    expect(stored("p2")).toBeDefined();
  });
});
