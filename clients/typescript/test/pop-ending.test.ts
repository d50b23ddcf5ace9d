// Streams that should end by themselves, at a node that does not end them: it waits for a partition without a leader.
import { status } from "@grpc/grpc-js";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { DisheapClient, type DisheapError, type Message } from "../src/index.js";
import { TestNode } from "./support/test-node.js";

const budgetMs = 1_500;

let node: TestNode;
let client: DisheapClient;

beforeEach(async () => {
  node = await new TestNode().start();
  node.ignoresHalfClose = true;
  const retry = { budgetMs, initialBackoffMs: 1, maxBackoffMs: 5 };
  client = new DisheapClient({ endpoints: [node.address], retry });
  await client.createTopic("jobs");
});

afterEach(async () => {
  await client.close();
  node.kill();
});

const failsInTime = async (pop: AsyncIterator<Message>) => {
  const startMs = performance.now();
  const error: unknown = await pop.next().catch((reason: unknown) => reason);
  const tookMs = performance.now() - startMs;
  expect(tookMs).toBeGreaterThan(budgetMs / 2);
  expect(tookMs).toBeLessThan(budgetMs + 1_000);
  return error as DisheapError;
};

it("one shot fails after the budget, once what came was handed out", async () => {
  await client.enqueue("jobs", "p1", { priority: 1 });
  await client.enqueue("jobs", "p2", { priority: 2 });
  const pop = client.pop("jobs", { credits: 5 });
  const seen = [(await pop.next()).value?.text(), (await pop.next()).value?.text()];
  expect(await failsInTime(pop)).toMatchObject({ code: "DEADLINE_EXCEEDED" });
  expect([seen, (await pop.next()).done]).toEqual([["p1", "p2"], true]);
  await vi.waitFor(() => expect(node.streams[0]?.isCancelled).toBe(true), 10_000);
  expect((await client.stats("jobs")).topics.get("jobs")).toMatchObject({ pops: 2, inflight: 2 });
});

it("one shot goes on for as long as something comes", async () => {
  const pop = client.pop("jobs", { credits: 9 });
  const feed = async (): Promise<void> => {
    // Longer than the budget together, each far below it.
    for (let count = 0; count < 9; count += 1) {
      await new Promise((resolve) => setTimeout(resolve, budgetMs / 6));
      await client.enqueue("jobs", "x");
    }
  };
  const fed = feed();
  let seen = 0;
  for await (const message of pop) {
    await message.ack();
    seen += 1;
  }
  await fed;
  expect(seen).toBe(9);
});

it("a finished iteration fails as well", async () => {
  const pop = client.pop("jobs");
  const first = pop.next();
  await client.enqueue("jobs", "x");
  await first;
  pop.finish();
  expect(await failsInTime(pop)).toMatchObject({ code: "DEADLINE_EXCEEDED" });
});

it("one shot fails after the budget where no node serves", async () => {
  node.intercept = () => ({ fail: status.UNAVAILABLE });
  const error = await failsInTime(client.pop("jobs", { credits: 1 }));
  expect(error.message).toContain(`after ${budgetMs} ms`);
});
