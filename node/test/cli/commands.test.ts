// Every command against a real gRPC server: what it does, prints and exits with.
import { status } from "@grpc/grpc-js";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EnqueueReq } from "@disheap/proto";
import { TestNode } from "../../../clients/typescript/test/support/test-node.js";
import { Cli } from "./support/cli.js";

let node: TestNode;
let cli: Cli;

beforeEach(async () => {
  node = await new TestNode().start();
  cli = new Cli({ env: { DISHEAP_ENDPOINTS: node.address } });
});

afterEach(() => node.kill());

const lines = (text: string) => text.trimEnd().split("\n");

describe("topic", () => {
  it("creates with every option", async () => {
    const { code, out } = await cli.run(
      ...["topic", "create", "bids", "--mode", "max", "-p", "4", "--replication-factor", "3"],
      ...["--top-k", "9", "--retention", "1d", "--visibility", "1m30s", "--max-retries", "5"],
      ...["--max-payload", "64KiB", "--compression", "--dlq-retention", "2h"],
    );
    expect([code, out]).toEqual([0, "Created topic bids.\n"]);
    expect(node.state.topic("bids").config).toMatchObject({
      mode: 1,
      partitions: 4,
      replicationFactor: 3,
      topKBound: 9,
      retentionTime: { seconds: 86_400n },
      visibilityTimeoutDefault: { seconds: 90n },
      maxRetriesDefault: 5,
      maxPayloadBytes: 65_536n,
      compressionEnabled: true,
      dlqPolicy: { enabled: true, retentionTime: { seconds: 7_200n } },
    });
  });

  it("--no-dlq turns the dead letter queue off", async () => {
    await cli.run("topic", "create", "bids", "--no-dlq");
    expect(node.state.topic("bids").config.dlqPolicy?.enabled).toBe(false);
    const refused = await cli.run("topic", "create", "x", "--no-dlq", "--dlq-retention", "1h");
    expect(refused.code).toBe(2);
    expect(refused.err).toContain("exclude each other");
  });

  it("a taken name fails with 1", async () => {
    await cli.run("topic", "create", "jobs");
    const again = await cli.run("topic", "create", "jobs");
    expect(again.code).toBe(1);
    expect(again.err).toContain("already exists");
  });

  it("a name that is being removed fails with the node's sentence", async () => {
    const details = 'topic "jobs" is being deleted; try again when it is gone, in a moment';
    node.intercept = () => ({ fail: status.ALREADY_EXISTS, details });
    const { code, err } = await cli.run("topic", "create", "jobs");
    expect(code).toBe(1);
    expect(err).toContain(details);
    expect(err).not.toContain("topic show");
  });

  it("lists, also when there is nothing", async () => {
    expect((await cli.run("topic", "ls")).out).toContain("disheap topic create");
    await cli.run("topic", "create", "b", "-p", "2");
    await cli.run("topic", "create", "a", "--mode", "max");
    const { code, out } = await cli.run("topic", "ls");
    expect(code).toBe(0);
    expect(lines(out).map((line) => line.split(/ +/).slice(0, 3))).toEqual([
      ["TOPIC", "MODE", "PARTITIONS"],
      ["a", "max", "1"],
      ["b", "min", "2"],
    ]);
    const plain = await cli.json<{ topic: string }[]>("topic", "ls");
    expect(plain.map((topic) => topic.topic)).toEqual(["a", "b"]);
  });

  it("shows one with its partitions", async () => {
    await cli.run("topic", "create", "jobs", "-p", "2", "--visibility", "45s", "--compression");
    const { code, out } = await cli.run("topic", "show", "jobs");
    expect(code).toBe(0);
    expect(out).toMatch(/Visibility: +45s/);
    expect(out).toMatch(/Retention: +\S+\n(.*\n)*Compression: +on/);
    expect(out).toMatch(/PARTITION +MESSAGES +INFLIGHT +LEADER/);
    const plain = await cli.json<{ visibility_ms: number; stats: { partitions: unknown[] } }>(
      ...["topic", "show", "jobs"],
    );
    expect([plain.visibility_ms, plain.stats.partitions.length]).toEqual([45_000, 2]);
  });

  it.each(["show", "rm"])("%s of an unknown one fails with 4", async (verb) => {
    const { code, err } = await cli.run("topic", verb, "nowhere");
    expect(code).toBe(4);
    expect(err).toContain("not found");
  });

  it("removes only with --force", async () => {
    await cli.run("topic", "create", "jobs");
    const refused = await cli.run("topic", "rm", "jobs");
    expect(refused.code).toBe(1);
    expect(refused.err).toContain("--force");
    expect(node.state.topics.size).toBe(1);
    expect((await cli.run("topic", "rm", "jobs", "--force")).out).toBe("Removed topic jobs.\n");
    expect(node.state.topics.size).toBe(0);
  });
});

describe("enqueue", () => {
  beforeEach(() => cli.run("topic", "create", "jobs"));

  it("sends what it was given", async () => {
    const { code, out } = await cli.run(
      ...["enqueue", "jobs", "hello", "--priority", "-9223372036854775808", "--key", "k"],
      ...["--delay", "5s", "--max-retries", "0"],
    );
    expect(code).toBe(0);
    expect(out).toMatch(
      /^Enqueued \w{26} to jobs, partition \d, priority -9223372036854775808\.\n$/,
    );
    const [request] = node.state.received;
    expect(request).toMatchObject({
      priority: -(2n ** 63n),
      partitionKey: "k",
      maxRetries: 0,
      notBefore: { seconds: 5n, nanos: 0 },
    });
    expect(Buffer.from(request?.payload ?? []).toString()).toBe("hello");
    expect(request?.sequence).toBe(1n);
  });

  it("keeps 64 bits in JSON", async () => {
    const answer = await cli.json(...["enqueue", "jobs", "x", "-p", "9223372036854775807"]);
    expect(answer).toMatchObject({ priority: "9223372036854775807", duplicate: false });
  });

  it.each([
    ["1.5", "whole number"],
    ["high", "whole number"],
    ["9223372036854775808", "64 bits"],
    ["-9223372036854775809", "64 bits"],
  ])("refuses the priority %s with a sentence and 2", async (priority, words) => {
    const { code, err } = await cli.run("enqueue", "jobs", "x", "--priority", priority);
    expect(code).toBe(2);
    expect(err).toContain(words);
    expect(node.state.received).toEqual([]);
  });

  it("takes a file and standard input, byte for byte", async () => {
    const folder = mkdtempSync(join(tmpdir(), "disheap-cli-"));
    const bytes = Buffer.from([0, 255, 10, 13]);
    writeFileSync(join(folder, "x.bin"), bytes);
    await cli.run("enqueue", "jobs", "--file", join(folder, "x.bin"));
    const piped = new Cli({ env: { DISHEAP_ENDPOINTS: node.address }, stdin: bytes });
    await piped.run("enqueue", "jobs", "--file", "-");
    for (const request of node.state.received) {
      expect(Buffer.from(request.payload).equals(bytes)).toBe(true);
    }
    expect(node.state.received.length).toBe(2);
    const missing = await cli.run("enqueue", "jobs", "--file", join(folder, "none"));
    expect([missing.code, missing.err.includes("Cannot read")]).toEqual([2, true]);
    rmSync(folder, { recursive: true });
  });

  it.each([[["enqueue", "jobs"]], [["enqueue", "jobs", "x", "--file", "y"]]])(
    "%j gives no payload or two, and is refused",
    async (args) => {
      const { code, err } = await cli.run(...args);
      expect(code).toBe(2);
      expect(err).toContain("Give the payload once");
    },
  );

  it("an empty payload is the node's refusal, and 2; an unknown topic is 4", async () => {
    expect((await cli.run("enqueue", "jobs", "")).code).toBe(2);
    expect((await cli.run("enqueue", "nowhere", "x")).code).toBe(4);
  });
});

describe("pop", () => {
  beforeEach(async () => {
    await cli.run("topic", "create", "jobs");
    for (const priority of ["3", "1", "2"]) {
      await cli.run("enqueue", "jobs", `p${priority}`, "-p", priority);
    }
  });

  const counts = () => node.state.topic("jobs").counts;

  it("prints the best first, and settles what it printed", async () => {
    const { code, out } = await cli.run("pop", "jobs", "-n", "2");
    expect(code).toBe(0);
    const [heading, ...rows] = lines(out).map((line) => line.trim().split(/ {2,}/));
    expect(heading).toEqual(["PRIORITY", "ATTEMPT", "PARTITION", "MESSAGE ID", "PAYLOAD"]);
    expect(rows.map((row) => [row[0], row.at(-1)])).toEqual([
      ["1", "p1"],
      ["2", "p2"],
    ]);
    expect(counts()).toMatchObject({ pops: 2, acks: 2 });
  });

  it("takes one without -n, and less when there is less", async () => {
    expect(lines((await cli.run("pop", "jobs")).out).length).toBe(2);
    expect(lines((await cli.run("pop", "jobs", "-n", "50")).out).length).toBe(3);
    expect(counts()).toMatchObject({ pops: 3, acks: 3 });
  });

  it("takes more than one stream leases at a time", async () => {
    for (let index = 0; index < 150; index += 1) {
      node.state.enqueue({ topic: "jobs", payload: Buffer.from("x"), priority: 9n });
    }
    const { out } = await cli.run("pop", "jobs", "-n", "1000", "-o", "json");
    expect(lines(out).length).toBe(153);
    expect(counts()).toMatchObject({ pops: 153, acks: 153 });
    expect(node.streams.every((stream) => !stream.isCancelled)).toBe(true);
  });

  it("says 5 when nothing is ready", async () => {
    await cli.run("pop", "jobs", "-n", "3");
    const { code, out, err } = await cli.run("pop", "jobs");
    expect([code, out]).toEqual([5, ""]);
    expect(err).toMatch(/^Nothing is ready in jobs\. /);
  });

  it("--no-ack leaves a lease that ack, nack and extend know", async () => {
    const args = ["pop", "jobs", "--no-ack", "--visibility", "1m", "-n", "2", "-o", "json"];
    const { out } = await cli.run(...args);
    const [first, second] = lines(out).map(
      (line) => JSON.parse(line) as { message_id: string; lease_token: string; fencing: number },
    );
    expect(counts()).toMatchObject({ pops: 2, acks: 0 });
    expect(first?.fencing).toBe(1);
    const of = (message: typeof first) => [message?.message_id ?? "", message?.lease_token ?? ""];
    expect((await cli.run("extend", "jobs", of(first)[1] ?? "", "30s")).code).toBe(0);
    expect((await cli.run("ack", "jobs", ...of(first))).code).toBe(0);
    const nacked = await cli.run(
      "nack",
      "jobs",
      ...of(second),
      "--backoff",
      "1h",
      "--reason",
      "no",
    );
    expect(nacked.code).toBe(0);
    expect(counts()).toMatchObject({ acks: 1, nacks: 1 });
    expect(node.state.nacks[0]).toMatchObject({ backoffMs: 3_600_000, reason: "no" });
    expect((await cli.run("ack", "jobs", ...of(second))).code).toBe(1);
    const text = await cli.run("pop", "jobs", "--no-ack");
    expect(text.out).toMatch(/LEASE TOKEN/);
    expect(text.out).toMatch(/ 00000001\S{35} /);
  });

  it("--wait stays for messages to come, and ends by itself", async () => {
    const waiting = cli.run("pop", "jobs", "-n", "4", "--wait", "30s");
    await vi.waitFor(() => expect(counts().acks).toBe(3), 10_000);
    node.state.enqueue({ topic: "jobs", payload: Buffer.from("late"), priority: 0n });
    const { code, out } = await waiting;
    expect(code).toBe(0);
    expect(lines(out).at(-1)).toContain("late");
    const empty = await cli.run("pop", "jobs", "--wait", "50ms");
    expect(empty.code).toBe(5);
    expect(empty.err).toMatch(/^Nothing is ready in jobs\. /);
    expect(node.streams.at(-1)?.isCancelled).toBe(false);
  });

  it("--follow goes on until it is stopped", async () => {
    const following = cli.run("pop", "jobs", "--follow", "--raw");
    await vi.waitFor(() => expect(counts().acks).toBe(3), 10_000);
    node.state.enqueue({ topic: "jobs", payload: Buffer.from("late"), priority: 0n });
    await vi.waitFor(() => expect(counts().acks).toBe(4), 10_000);
    cli.interrupt();
    expect(await following).toEqual({ code: 0, out: "p1\np2\np3\nlate\n", err: "" });
  });

  it("--raw keeps every byte; text shows what is not text as such", async () => {
    const bytes = Buffer.from([1, 2, 254]);
    for (const priority of [-2n, -1n]) {
      node.state.enqueue({ topic: "jobs", payload: bytes, priority });
    }
    await cli.run("pop", "jobs", "--raw");
    expect(cli.bytes.equals(bytes)).toBe(true);
    const several = await cli.run(
      "pop",
      "jobs",
      "-n",
      "3",
      "--raw",
      "--no-ack",
      "--visibility",
      "1h",
    );
    expect(several.out.endsWith("\np1\np2\n")).toBe(true);
    node.state.enqueue({ topic: "jobs", payload: bytes, priority: -1n });
    expect((await cli.run("pop", "jobs")).out).toContain("<3 bytes, not text>");
  });

  it("a message cannot control the terminal", async () => {
    node.state.enqueue({
      topic: "jobs",
      payload: Buffer.from("\u001b[2Jx\ny\u202e"),
      priority: -1n,
    });
    const { out } = await cli.run("pop", "jobs");
    expect(lines(out)[1]).toMatch(/ \\u001b\[2Jx\\ny\\u202e$/);
  });

  it("reports deliveries that could not be settled", async () => {
    node.intercept = (method) =>
      method === "ack" ? { fail: status.FAILED_PRECONDITION, details: "expired" } : undefined;
    const { code, out, err } = await cli.run("pop", "jobs", "-n", "2");
    expect(lines(out).length).toBe(3);
    expect(code).toBe(1);
    expect(err).toContain("2 of 2 could not be settled");
  });

  it.each([
    [["--follow", "--wait", "1s"], "--wait"],
    [["--follow", "--no-ack"], "peek"],
    [["--no-ack", "--wait", "1s", "-n", "1001"], "1000"],
    [["-n", "0"], "1 or more"],
    [["--wait", "5"], "unit"],
  ])("refuses %j", async (args, word) => {
    const { code, err } = await cli.run("pop", "jobs", ...args);
    expect(code).toBe(2);
    expect(err).toContain(word);
    expect(node.streams).toEqual([]);
  });

  it("an unknown topic is 4, also with --wait", async () => {
    expect((await cli.run("pop", "nowhere")).code).toBe(4);
    expect((await cli.run("pop", "nowhere", "--wait", "5s")).code).toBe(4);
  });
});

describe("peek and stats", () => {
  beforeEach(async () => {
    await cli.run("topic", "create", "jobs", "-p", "2");
    for (const priority of ["3", "1"]) await cli.run("enqueue", "jobs", "x", "-p", priority);
    await cli.run("pop", "jobs", "--no-ack");
  });

  it("peek shows without taking", async () => {
    const { code, out } = await cli.run("peek", "jobs");
    expect(code).toBe(0);
    expect(lines(out).map((line) => line.trim().split(/ +/).slice(0, 2))).toEqual([
      ["PRIORITY", "STATE"],
      ["1", "leased"],
      ["3", "queued"],
    ]);
    const plain = await cli.json<{ items: unknown[]; has_more: boolean }>(
      ...["peek", "jobs", "-n", "1"],
    );
    expect([plain.items.length, plain.has_more]).toEqual([1, true]);
    expect(node.state.topic("jobs").counts.pops).toBe(1);
    expect((await cli.run("peek", "nowhere")).code).toBe(4);
  });

  it("peek cuts a long payload where no terminal does, and says how to see it whole", async () => {
    await cli.run("topic", "create", "large");
    const payload = Buffer.alloc(1_048_576);
    node.state.enqueue(EnqueueReq.create({ topic: "large", payload, priority: 1n }));
    cli = new Cli({ env: { DISHEAP_ENDPOINTS: node.address }, columns: Number.MAX_SAFE_INTEGER });
    const { out } = await cli.run("peek", "large");
    expect(out.length).toBeLessThan(2_000);
    expect(lines(out).at(-2)).toContain("\\u0000");
    expect(lines(out).at(-1)).toContain("disheap peek large -o json");
    const { items } = await cli.json<{ items: { payload: string }[] }>("peek", "large");
    expect(items[0]?.payload.length).toBe(1_048_576);
    // What fits is whole, and nothing is said of it.
    await cli.run("enqueue", "jobs", "z".repeat(1_000), "-p", "0");
    const whole = await cli.run("peek", "jobs", "-n", "1");
    expect(whole.out).toContain("z".repeat(1_000));
    expect(whole.out).not.toContain("whole:");
  });

  it("stats of all topics end with a sum, those of one show its partitions", async () => {
    await cli.run("topic", "create", "__proto__");
    const all = await cli.run("stats");
    expect(lines(all.out).map((line) => line.split(/ +/).slice(0, 3))).toEqual([
      ["TOPIC", "MESSAGES", "INFLIGHT"],
      ["__proto__", "0", "0"],
      ["jobs", "2", "1"],
      ["(all)", "2", "1"],
    ]);
    const one = await cli.run("stats", "jobs");
    expect(one.out).not.toContain("(all)");
    expect(one.out).toContain("PARTITION");
    const plain = await cli.json<{
      global_stats: { total_messages: number };
      topic_stats: Record<string, { inflight_messages: number }>;
    }>("stats");
    expect(plain.global_stats.total_messages).toBe(2);
    expect(Object.keys(plain.topic_stats).sort()).toEqual(["__proto__", "jobs"]);
    expect((await cli.run("stats", "nowhere")).code).toBe(4);
  });
});

describe("a cluster that does not answer", () => {
  it.each([
    [["topic", "ls"]],
    [["stats"]],
    [["enqueue", "jobs", "x"]],
    [["pop", "jobs"]],
    [["pop", "jobs", "--wait", "300ms"]],
    [["peek", "jobs"]],
  ])("%j fails with 3 and names the addresses", async (args) => {
    node.kill();
    const { code, err } = await cli.run(...args, "--timeout", "200ms");
    expect(code).toBe(3);
    expect(err).toContain(node.address);
  });

  it("reports in JSON when asked to", async () => {
    node.kill();
    const { code, out, err } = await cli.run("stats", "--timeout", "100ms", "-o", "json");
    expect([code, out]).toEqual([3, ""]);
    expect(JSON.parse(err)).toMatchObject({ error: { code: "UNAVAILABLE" } });
  });

  it("outlives a moment without a leader", async () => {
    let left = 5;
    node.intercept = () =>
      left-- > 0 ? { fail: status.UNAVAILABLE, details: "no leader" } : undefined;
    expect((await cli.run("topic", "create", "jobs")).code).toBe(0);
  });
});
