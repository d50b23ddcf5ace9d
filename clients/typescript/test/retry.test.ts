// What is tried again, where, and above all what is not.
import { status } from "@grpc/grpc-js";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DisheapClient, DisheapError } from "../src/index.js";
import { backoffMs, defaultRetry, isRetryable } from "../src/retry.js";
import { QueueState } from "./support/queue-state.js";
import { type Fault, TestNode } from "./support/test-node.js";

let state: QueueState;
let nodes: TestNode[];
let client: DisheapClient;

beforeEach(async () => {
  state = new QueueState();
  nodes = await Promise.all([1, 2, 3].map(() => new TestNode(state).start()));
  client = new DisheapClient({
    endpoints: nodes.map((node) => node.address),
    retry: { initialBackoffMs: 1, maxBackoffMs: 5 },
  });
  await client.createTopic("jobs");
});

afterEach(async () => {
  await client.close();
  for (const node of nodes) node.kill();
});

/** The next `count` calls of `method`, on whatever node, meet this fault. */
function faultNext(method: string, fault: Fault, count = 1): void {
  let left = count;
  const intercept = (called: string): Fault => {
    if (called !== method || left === 0) return undefined;
    left -= 1;
    return fault;
  };
  for (const node of nodes) node.intercept = intercept;
}

const callsOf = (method: string) =>
  nodes.flatMap((node) => node.calls).filter((called) => called === method).length;

async function failure(promise: Promise<unknown>): Promise<DisheapError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DisheapError);
  return error as DisheapError;
}

describe("repeats", () => {
  it.each([
    status.UNAVAILABLE,
    status.DEADLINE_EXCEEDED,
    status.RESOURCE_EXHAUSTED,
    status.ABORTED,
    status.INTERNAL,
  ])("code %s is tried again", async (code) => {
    faultNext("stats", { fail: code }, 4);
    await client.stats();
    expect(callsOf("stats")).toBe(5);
  });

  it.each([
    status.INVALID_ARGUMENT,
    status.NOT_FOUND,
    status.ALREADY_EXISTS,
    status.FAILED_PRECONDITION,
    status.UNAUTHENTICATED,
    status.PERMISSION_DENIED,
    status.UNIMPLEMENTED,
    status.UNKNOWN,
  ])("code %s is not", async (code) => {
    faultNext("stats", { fail: code }, 1);
    expect((await failure(client.stats())).code).toBe(status[code]);
    expect(callsOf("stats")).toBe(1);
  });

  it("gives up after the rounds it was given", async () => {
    faultNext("stats", { fail: status.UNAVAILABLE, details: "no leader" }, Infinity);
    const few = new DisheapClient({
      endpoints: nodes.map((node) => node.address),
      retry: { maxAttempts: 2, initialBackoffMs: 1 },
    });
    const error = await failure(few.stats());
    expect(callsOf("stats")).toBe(6);
    expect(error.message).toContain("no leader");
    await few.close();
  });

  it("is tried for as long as the budget says, and no longer", async () => {
    faultNext("enqueue", { fail: status.UNAVAILABLE, details: "no leader" }, Infinity);
    const brief = new DisheapClient({
      endpoints: nodes.map((node) => node.address),
      retry: { budgetMs: 1_500, initialBackoffMs: 1, maxBackoffMs: 5 },
    });
    // A clock by which every call takes 10 ms: the budget is 150 of them, on however slow a machine.
    const startMs = performance.now();
    const clock = vi
      .spyOn(performance, "now")
      .mockImplementation(() => startMs + callsOf("enqueue") * 10);
    const error = await failure(brief.enqueue("jobs", "x"));
    clock.mockRestore();
    expect(error.message).toContain("gave up after 1500 ms");
    expect(callsOf("enqueue")).toBeGreaterThanOrEqual(150);
    // A call that was slow may be under way beside the next ones when the budget is over.
    expect(callsOf("enqueue")).toBeLessThan(160);
    await brief.close();
  });

  it("reaches a live node behind two dead ones, and tells of an answer rather than of silence", async () => {
    nodes[0]?.kill();
    nodes[2]?.kill();
    for (let index = 0; index < 10; index += 1) await client.enqueue("jobs", `${index}`);
    expect(state.received.length).toBe(10);
    faultNext("stats", { fail: status.UNAVAILABLE, details: "no leader" }, Infinity);
    const few = new DisheapClient({
      endpoints: nodes.map((node) => node.address),
      retry: { maxAttempts: 8, initialBackoffMs: 1, maxBackoffMs: 5 },
    });
    expect((await failure(few.stats())).message).toContain("no leader");
    await few.close();
  });

  it("finds a node that comes back", async () => {
    const [node] = nodes;
    const alone = new DisheapClient({ endpoints: [node?.address ?? ""] });
    await alone.stats();
    node?.kill();
    const pending = alone.enqueue("jobs", "x");
    await node?.start();
    await pending;
    expect(state.received.length).toBe(1);
    await alone.close();
  });
});

describe("an enqueue whose answer was lost", () => {
  it("is repeated under the same triple and exists once", async () => {
    faultNext("enqueue", "lose", 2);
    const result = await client.enqueue("jobs", "x");
    expect(result.duplicate).toBe(true);
    expect(state.received.map((request) => request.sequence)).toEqual([1n, 1n, 1n]);
    expect((await client.peek("jobs")).items.map((item) => item.id)).toEqual([result.messageId]);
  });

  it("is never repeated without a triple, and says that it may have happened", async () => {
    faultNext("enqueue", "lose", 1);
    const error = await failure(client.enqueue("jobs", "x", { producer: false }));
    expect(error.outcomeUnknown).toBe(true);
    expect(error.message).toContain("unknown");
    expect(state.received.length).toBe(1);
  });

  it.each([status.UNAVAILABLE, status.DEADLINE_EXCEEDED, status.INTERNAL])(
    "code %s alone stops an enqueue without a triple",
    async (code) => {
      faultNext("enqueue", { fail: code }, 1);
      const error = await failure(client.enqueue("jobs", "x", { producer: false }));
      expect(error.outcomeUnknown).toBe(true);
      expect(callsOf("enqueue")).toBe(1);
    },
  );

  it("is repeated without a triple when it surely did not happen", async () => {
    faultNext("enqueue", { fail: status.RESOURCE_EXHAUSTED }, 2);
    await client.enqueue("jobs", "x", { producer: false });
    expect(callsOf("enqueue")).toBe(3);
    // A node that cannot be reached was not asked.
    const dead = await Promise.all([1, 2].map(() => new TestNode(state).start()));
    for (const node of dead) node.kill();
    const fresh = new DisheapClient({
      endpoints: [...dead, nodes[0]].map((node) => node?.address ?? ""),
    });
    for (let index = 0; index < 6; index += 1) {
      await fresh.enqueue("jobs", "x", { producer: false });
    }
    await fresh.close();
    expect(state.received.length).toBe(7);
  });
});

describe("other lost answers", () => {
  it("creating: the conflict says that an earlier attempt may have done it", async () => {
    faultNext("makeHeap", "lose", 1);
    const error = await failure(client.createTopic("new"));
    expect(error.code).toBe("ALREADY_EXISTS");
    expect(error.message).toContain("may have done it");
  });

  it("extending: the repeat adds the time again, so that the lease is longer than told", async () => {
    await client.enqueue("jobs", "x");
    const { value } = await client.pop("jobs", { credits: 1 }).next();
    faultNext("extend", "lose", 1);
    const told = await value?.extend(30_000);
    const deadlineMs = state.topic("jobs").messages[0]?.lease?.deadlineMs;
    expect(deadlineMs).toBe((told?.getTime() ?? 0) + 30_000);
  });

  it("acking: the repeat is accepted", async () => {
    await client.enqueue("jobs", "x");
    const { value } = await client.pop("jobs", { credits: 1 }).next();
    faultNext("ack", "lose", 1);
    await value?.ack();
    expect(callsOf("ack")).toBe(2);
    expect(state.topic("jobs").counts.acks).toBe(1);
  });
});

describe("backoff", () => {
  it("grows to its cap and never leaves the jitter's range", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), fc.double({ min: 0, max: 1 }), (round, r) => {
        const wait = backoffMs(defaultRetry, round, Number.isNaN(r) ? 0 : r);
        const full = Math.min(100 * 2 ** (round - 1), 2_000);
        expect(wait).toBeGreaterThanOrEqual(full / 2);
        expect(wait).toBeLessThanOrEqual(full);
      }),
    );
  });

  it("doubles from its start to its cap, around which the jitter takes up to half away", () => {
    const waits = (random: number) =>
      [1, 2, 3, 5, 6, 2_000].map((round) => backoffMs(defaultRetry, round, random));
    expect(waits(1)).toEqual([100, 200, 400, 1_600, 2_000, 2_000]);
    expect(waits(0)).toEqual([50, 100, 200, 800, 1_000, 1_000]);
  });

  it("retries exactly the five codes that may pass", () => {
    const names = Object.keys(status).filter((name) => !/^\d+$/.test(name));
    const codes = names.filter((name) => isRetryable(name as keyof typeof status));
    expect(codes.sort()).toEqual([
      "ABORTED",
      "DEADLINE_EXCEEDED",
      "INTERNAL",
      "RESOURCE_EXHAUSTED",
      "UNAVAILABLE",
    ]);
  });
});

describe("deletions", () => {
  it("a repeat leaves a topic alone that was made under the name meanwhile", async () => {
    let calls = 0;
    const intercept = (called: string): Fault => {
      if (called !== "deleteHeap") return undefined;
      calls += 1;
      if (calls === 1) return "lose";
      // Somebody saw the topic go and made another before the repeat arrives.
      if (calls === 2) state.create({ ...created, topic: "jobs" });
      return undefined;
    };
    const created = state.topic("jobs").config;
    for (const node of nodes) node.intercept = intercept;
    const error = await failure(client.deleteTopic("jobs", { force: true }));
    expect(error.code).toBe("NOT_FOUND");
    expect(error.message).toContain("may have done it");
    expect(calls).toBe(2);
    expect(state.topics.has("jobs")).toBe(true);
  });

  it("a topic that no list names is asked for once: a repeat could meet one that is made meanwhile", async () => {
    faultNext("deleteHeap", { fail: status.UNAVAILABLE }, 9);
    await failure(client.deleteTopic("unseen", { force: true }));
    expect(callsOf("deleteHeap")).toBe(1);
  });
});

it("many calls that wait at a time warn of nothing", async () => {
  const warnings: Error[] = [];
  const note = (warning: Error): unknown => warnings.push(warning);
  process.on("warning", note);
  for (const node of nodes) node.intercept = () => ({ fail: status.UNAVAILABLE });
  const endpoints = nodes.map(({ address }) => address);
  const brief = new DisheapClient({ endpoints, retry: { budgetMs: 500, initialBackoffMs: 400 } });
  const errors = await Promise.all(
    Array.from({ length: 20 }, (_, index) => failure(brief.enqueue("jobs", `${index}`))),
  );
  await brief.close();
  process.off("warning", note);
  expect([errors.length, warnings]).toEqual([20, []]);
});
