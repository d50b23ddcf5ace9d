// Unary calls against a real gRPC server: what is sent, what comes back, and how refusals read.
import { status } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  DisheapCapacityError,
  DisheapAuthenticationError,
  DisheapClient,
  DisheapConflictError,
  DisheapError,
  DisheapLeaseError,
  DisheapNotFoundError,
  DisheapPermissionError,
  DisheapTimeoutError,
  DisheapUnavailableError,
  DisheapValidationError,
  type EnqueueOptions,
  priorityMax,
  priorityMin,
  type TopicInfo,
} from "../src/index.js";
import { TestNode } from "./support/test-node.js";

let node: TestNode;
let client: DisheapClient;

beforeEach(async () => {
  node = await new TestNode().start();
  client = new DisheapClient({ endpoints: [node.address], retry: { maxAttempts: 1 } });
});

afterEach(async () => {
  await client.close();
  node.kill();
});

async function failure(promise: Promise<unknown>): Promise<DisheapError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof DisheapError) return error;
    throw error;
  }
  throw new Error("the call should have failed");
}

describe("topics", () => {
  it("sends every option and leaves out what was not given", async () => {
    const { heapId } = await client.createTopic("jobs", {
      mode: "max",
      partitions: 4,
      replicationFactor: 3,
      topKBound: 7,
      retentionMs: 3_600_000,
      visibilityMs: 1_500,
      maxRetries: 5,
      maxPayloadBytes: 1_000,
      compression: true,
      deadLetters: { retentionMs: 1_000 },
    });
    expect(heapId).toBe("jobs-1700000000");
    expect(node.state.topic("jobs").config).toMatchObject({
      mode: 1,
      partitions: 4,
      replicationFactor: 3,
      topKBound: 7,
      retentionTime: { seconds: 3_600n, nanos: 0 },
      visibilityTimeoutDefault: { seconds: 1n, nanos: 500_000_000 },
      maxRetriesDefault: 5,
      maxPayloadBytes: 1_000n,
      compressionEnabled: true,
      dlqPolicy: { enabled: true, retentionTime: { seconds: 1n, nanos: 0 } },
    });
    await client.createTopic("plain");
    expect(node.state.topic("plain").config).toMatchObject({
      mode: 0,
      partitions: 0,
      retentionTime: undefined,
      visibilityTimeoutDefault: undefined,
      dlqPolicy: undefined,
    });
  });

  it("lists over all pages, sorted, with options and counters", async () => {
    for (const name of ["d", "b", "a", "c", "e"]) await client.createTopic(name, { partitions: 2 });
    await client.enqueue("b", "x");
    const listed: TopicInfo[] = [];
    for await (const topic of client.listTopics({ pageSize: 2 })) listed.push(topic);
    expect(listed.map((topic) => topic.topic)).toEqual(["a", "b", "c", "d", "e"]);
    expect(node.calls.filter((call) => call === "listHeaps").length).toBe(3);
    expect(listed[1]).toMatchObject({ mode: "min", partitions: 2, stats: { messages: 1 } });
    expect(listed[1]?.stats.partitions.map((partition) => partition.leader)).toEqual(["n1", "n1"]);
  });

  it("hands out the confirmation token of a refused deletion and takes it", async () => {
    await client.createTopic("jobs");
    const refused = await failure(client.deleteTopic("jobs"));
    expect(refused).toMatchObject({ code: "FAILED_PRECONDITION", confirmationToken: "sure" });
    await client.deleteTopic("jobs", { confirmationToken: refused.confirmationToken });
    expect(node.state.topics.size).toBe(0);
  });

  it("refuses maxRetries 0 at creation, which the wire could not tell from the default", async () => {
    const error = await failure(client.createTopic("jobs", { maxRetries: 0 }));
    expect(error).toBeInstanceOf(DisheapValidationError);
    expect(error.message).toContain("per message");
    expect(node.calls).toEqual([]);
  });
});

describe("enqueue", () => {
  beforeEach(() => client.createTopic("jobs"));

  it.each([priorityMin, -1n, 0n, 2n ** 53n + 1n, priorityMax])(
    "carries the priority %s unchanged",
    async (priority) => {
      await client.enqueue("jobs", "x", { priority });
      expect(node.state.received[0]?.priority).toBe(priority);
      const { items } = await client.peek("jobs");
      expect(items[0]?.priority).toBe(priority);
    },
  );

  it.each([priorityMin - 1n, priorityMax + 1n, 0.5, 2 ** 53, Number.NaN])(
    "refuses the priority %s with a sentence",
    async (priority) => {
      const error = await failure(client.enqueue("jobs", "x", { priority }));
      expect(error).toBeInstanceOf(DisheapValidationError);
      expect(error.message).toMatch(/priority .*(64 bits|exact integer)/);
      expect(node.state.received).toEqual([]);
    },
  );

  it("numbers each topic from 1 under one producer and epoch", async () => {
    await client.createTopic("other");
    for (const topic of ["jobs", "other", "jobs"]) await client.enqueue(topic, "x");
    const seen = node.state.received;
    expect(seen.map((request) => [request.topic, request.sequence])).toEqual([
      ["jobs", 1n],
      ["other", 1n],
      ["jobs", 2n],
    ]);
    expect(new Set(seen.map((request) => request.producerId))).toEqual(
      new Set([client.producerId]),
    );
    expect(client.producerId).toMatch(/^.+-\d+-[0-9a-f]{8}$/);
    expect(seen.every((request) => (request.epoch ?? 0n) > 1_600_000_000n)).toBe(true);
  });

  it("keeps absent options absent and zero values present", async () => {
    await client.enqueue("jobs", "x", { producer: false });
    await client.enqueue("jobs", "x", { maxRetries: 0, delayMs: 0, partitionKey: "" });
    const [plain, zero] = node.state.received;
    for (const name of ["maxRetries", "notBefore", "partitionKey", "producerId"] as const) {
      expect(plain?.[name], name).toBeUndefined();
    }
    expect(zero).toMatchObject({ maxRetries: 0, partitionKey: "" });
    expect(zero?.notBefore).toEqual({ seconds: 0n, nanos: 0 });
  });

  it.each<[string, unknown, EnqueueOptions | object, RegExp]>([
    ["an object", { a: 1 }, {}, /payload is an object; .* a string or bytes/],
    ["null", null, {}, /payload is null; .* a string or bytes/],
    ["an array", [1, 2], {}, /payload is an array; .* a string or bytes/],
    ["a number", 5, {}, /payload is 5; .* a string or bytes/],
    ["a text priority", "x", { priority: "5" }, /priority is "5"; .* whole number or a bigint/],
    ["a word priority", "x", { priority: "abc" }, /priority is "abc"; .* whole number or a bigint/],
    ["an object priority", "x", { priority: {} }, /priority is an object; .* a bigint/],
    ["a boolean priority", "x", { priority: true }, /priority is true; .* a bigint/],
    ["an endless delay", "x", { delayMs: 1e300 }, /delayMs is 1e\+300; .* milliseconds from 0 to/],
    ["a text delay", "x", { delayMs: "5" }, /delayMs is "5"; .* milliseconds from 0 to/],
    ["text retries", "x", { maxRetries: "5" }, /maxRetries is "5"; .* whole number from 0 to/],
    ["a numeric key", "x", { partitionKey: 7 }, /partitionKey is 7; .* a string/],
  ])(
    "plain JavaScript that passes %s is told what is accepted",
    async (_, payload, options, says) => {
      const error = await failure(client.enqueue("jobs", payload as string, options));
      expect(error).toBeInstanceOf(DisheapValidationError);
      expect(error.message).toMatch(says);
      expect(node.state.received).toEqual([]);
    },
  );

  it("refuses a payload that no message can carry, before it is sent", async () => {
    const error = await failure(client.enqueue("jobs", Buffer.alloc(4 * 1024 * 1024)));
    expect(error).toBeInstanceOf(DisheapValidationError);
    expect(error.message).toContain("reference");
    const largest = Buffer.alloc(4 * 1024 * 1024 - 4_096, 7);
    await client.enqueue("jobs", largest);
    const { items } = await client.peek("jobs");
    expect(Buffer.from(items[0]?.payload ?? []).equals(largest)).toBe(true);
  });
});

describe("errors", () => {
  it.each([
    [status.INVALID_ARGUMENT, DisheapValidationError],
    [status.UNAUTHENTICATED, DisheapAuthenticationError],
    [status.PERMISSION_DENIED, DisheapPermissionError],
    [status.NOT_FOUND, DisheapNotFoundError],
    [status.ALREADY_EXISTS, DisheapConflictError],
    [status.ABORTED, DisheapConflictError],
    [status.FAILED_PRECONDITION, DisheapLeaseError],
    [status.UNAVAILABLE, DisheapUnavailableError],
    [status.DEADLINE_EXCEEDED, DisheapTimeoutError],
    [status.RESOURCE_EXHAUSTED, DisheapCapacityError],
    [status.INTERNAL, DisheapError],
    [status.UNIMPLEMENTED, DisheapError],
  ])("code %s has its class and its name", async (code, expected) => {
    node.intercept = () => ({ fail: code, details: "because" });
    const error = await failure(client.stats());
    expect(error.constructor).toBe(expected);
    expect(error.name).toBe(expected.name);
    expect(error.code).toBe(status[code]);
    expect(error.message).toContain("because");
  });

  it("says where nobody answers and what to check", async () => {
    const address = node.address;
    node.kill();
    const error = await failure(client.stats());
    expect(error).toBeInstanceOf(DisheapUnavailableError);
    expect(error.message).toContain(address);
    expect(error.message).toContain("Check that the cluster runs");
  });

  it("answers in time when a node does not", async () => {
    const patient = new DisheapClient({
      endpoints: [node.address],
      requestTimeoutMs: 50,
      retry: { maxAttempts: 1 },
    });
    node.state.stats = () => {
      // Blocks the one thread of this process until the deadline has passed.
      const until = Date.now() + 80;
      while (Date.now() < until);
      throw new Error("late");
    };
    expect(await failure(patient.stats())).toMatchObject({ code: "DEADLINE_EXCEEDED" });
    await patient.close();
  });

  it("a closed client says so", async () => {
    await client.close();
    expect((await failure(client.stats())).message).toContain("create a new one");
    expect(() => client.pop("jobs")).toThrow("create a new one");
  });

  it.each([["nonsense"], ["host:0"], ["host:70000"], ["http://host:9090"], [""]])(
    "refuses the endpoint %j",
    (endpoint) => {
      expect(() => new DisheapClient({ endpoints: [endpoint] })).toThrow(/host:port/);
    },
  );

  it("sends the key it was given", async () => {
    const keyed = new DisheapClient({ endpoints: [node.address], apiKey: "dh_1_2" });
    await keyed.stats();
    await keyed.close();
    expect(node.metadata.at(-1)?.get("authorization")).toEqual(["Bearer dh_1_2"]);
  });
});
