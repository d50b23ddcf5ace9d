import { type ClientRequest, type ClientResult, ITEM_OVERHEAD_BYTES } from "@disheap/core";
import {
  AdminClient,
  type AckReq,
  DisheapService,
  EnqueueReq,
  ExtendReq,
  type ListHeapsResp,
  MakeHeapReq,
  NackReq,
  PeekReq,
  type PeekResp,
  PopItem,
  type StatsResp,
} from "@disheap/proto";
import { Client, credentials, Metadata, status as Status } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writePopItem } from "../../src/grpc/replies.js";
import { ask, type Fixture, startFixture } from "../support/grpc-fixture.js";
import { ITEM } from "../support/hand-engine.js";
import { NO_COUNTS } from "../support/status.js";

let fixture: Fixture;
let asked: ClientRequest[];

beforeEach(async () => {
  fixture = await startFixture();
  asked = [];
});
afterEach(() => fixture.close());

function answerWith(result: ClientResult) {
  fixture.engine.answer = (request) => {
    asked.push(request);
    return result;
  };
}

const ACK: AckReq = { topic: "jobs", messageId: "M", leaseToken: "T" };

describe("what reaches the engine and what comes back", () => {
  it("MakeHeap: only what the client chose", async () => {
    answerWith({ ok: true, op: "topic.create", heapId: "jobs-17" });
    const request = MakeHeapReq.create({
      topic: "jobs",
      mode: 1,
      partitions: 4,
      replicationFactor: 2,
      visibilityTimeoutDefault: { seconds: 300n, nanos: 0 },
      dlqPolicy: { enabled: true, retentionTime: undefined },
    });
    const answer = await ask((done) => fixture.client.makeHeap(request, done));
    expect(answer).toEqual({ ok: { topic: "jobs", heapId: "jobs-17" } });
    expect(asked).toEqual([
      {
        op: "topic.create",
        topic: "jobs",
        settings: {
          mode: "MAX",
          partitions: 4,
          replicationFactor: 2,
          topKBound: 0,
          maxPayloadBytes: 0,
          compression: false,
          visibilityMs: 300_000,
          dlqEnabled: true,
        },
      },
    ]);
  });

  it("Enqueue: priority, key, triple, retries and delay; presence is kept", async () => {
    answerWith({ ok: true, op: "enqueue", messageId: "ID", duplicate: true, partitionId: 3 });
    const request = EnqueueReq.create({
      topic: "jobs",
      payload: new Uint8Array([9]),
      priority: -(2n ** 63n),
      partitionKey: "",
      producerId: "p",
      epoch: 2n ** 63n,
      sequence: 0n,
      maxRetries: 0,
      notBefore: { seconds: 0n, nanos: 0 },
    });
    const answer = await ask((done) => fixture.client.enqueue(request, done));
    expect(answer).toEqual({ ok: { messageId: "ID", duplicate: true, partitionId: 3 } });
    expect(asked[0]).toMatchObject({
      op: "enqueue",
      topic: "jobs",
      priorityHi: -2147483648,
      priorityLo: 0,
      partitionKey: "",
      producer: { producerId: "p", epochHi: 2147483648, epochLo: 0, sequenceHi: 0, sequenceLo: 0 },
      maxRetries: 0,
      delayMs: 0,
    });
    expect(fixture.observed.enqueued).toEqual(["jobs"]);
  });

  it("Enqueue: absent optionals stay absent, and of a triple there is what was sent", async () => {
    answerWith({ ok: true, op: "enqueue", messageId: "ID", duplicate: false, partitionId: 0 });
    const request = EnqueueReq.create({
      topic: "jobs",
      payload: new Uint8Array([9]),
      priority: 5n,
      producerId: "p",
      epoch: 1n,
    });
    await ask((done) => fixture.client.enqueue(request, done));
    expect(Object.keys(asked[0] ?? {}).sort()).toEqual(
      ["op", "payload", "priorityHi", "priorityLo", "producer", "topic"].sort(),
    );
    expect(asked[0]).toMatchObject({ producer: { producerId: "p", epochHi: 0, epochLo: 1 } });
    await ask((done) => fixture.client.enqueue(EnqueueReq.create({ topic: "jobs" }), done));
    expect(Object.keys(asked[1] ?? {})).not.toContain("producer");
  });

  it("Ack, Nack and Extend", async () => {
    answerWith({ ok: true, op: "ack" });
    expect(await ask((done) => fixture.client.ack(ACK, done))).toEqual({ ok: {} });
    const nack = NackReq.create({ ...ACK, backoffOverride: { seconds: 0n, nanos: 0 } });
    await ask((done) => fixture.client.nack(nack, done));
    await ask((done) => fixture.client.nack(NackReq.create({ ...ACK, reason: "x" }), done));
    const extend = ExtendReq.create({
      topic: "jobs",
      leaseToken: "T",
      extension: { seconds: 43_200n, nanos: 0 },
    });
    await ask((done) => fixture.client.extend(extend, done));
    expect(asked).toEqual([
      { op: "ack", topic: "jobs", messageId: "M", leaseToken: "T" },
      { op: "nack", topic: "jobs", messageId: "M", leaseToken: "T", backoffMs: 0 },
      { op: "nack", topic: "jobs", messageId: "M", leaseToken: "T" },
      { op: "extend", topic: "jobs", leaseToken: "T", extensionMs: 43_200_000 },
    ]);
  });

  it("Release, of the second service", async () => {
    answerWith({ ok: true, op: "release" });
    const admin = new AdminClient(fixture.address, credentials.createInsecure());
    expect(await ask((done) => admin.release(ACK, done))).toEqual({ ok: {} });
    expect(asked).toEqual([{ op: "release", topic: "jobs", messageId: "M", leaseToken: "T" }]);
    admin.close();
  });

  it("ListHeaps asks for the page and writes everything about a topic", async () => {
    answerWith({
      ok: true,
      op: "topic.list",
      nextPageToken: "50",
      topics: [
        {
          topic: "jobs",
          heapId: "jobs-1",
          createdMs: 1000,
          updatedMs: 2500,
          settings: {
            mode: "MAX",
            partitions: 1,
            replicationFactor: 2,
            topKBound: 100,
            retentionMs: 86_400_000,
            visibilityMs: 1500,
            maxRetries: 3,
            maxPayloadBytes: 1_048_576,
            compression: false,
            dlqEnabled: true,
            dlqRetentionMs: 604_800_000,
          },
          counts: {
            ...NO_COUNTS,
            totalMessages: 7,
            partitions: [
              {
                partitionId: 0,
                messages: 7,
                inflight: 2,
                leaderNode: "n2",
                replicaNodes: ["n1", "n2"],
                isHealthy: true,
              },
            ],
          },
        },
      ],
    });
    const answer = await ask<ListHeapsResp>((done) =>
      fixture.client.listHeaps({ pageSize: 5000, pageToken: "x" }, done),
    );
    if (!("ok" in answer)) throw new Error(answer.message);
    const heap = answer.ok.heaps[0];
    expect(answer.ok.nextPageToken).toBe("50");
    expect(heap).toMatchObject({ topic: "jobs", mode: 1, maxPayloadBytes: 1_048_576n });
    expect(heap?.visibilityTimeoutDefault).toEqual({ seconds: 1n, nanos: 500_000_000 });
    expect(heap?.createdAt).toEqual(new Date(1000));
    expect(heap?.stats?.partitionStats.get(0)).toEqual({
      partitionId: 0,
      messages: 7n,
      inflight: 2n,
      leaderNode: "n2",
      replicaNodes: ["n1", "n2"],
      isHealthy: true,
    });
    await ask((done) => fixture.client.listHeaps({ pageSize: 0, pageToken: "" }, done));
    expect(asked.map((request) => request.op === "topic.list" && request.pageSize)).toEqual([
      5000, 0,
    ]);
  });

  it("Stats keeps a topic called __proto__", async () => {
    const counts = { ...NO_COUNTS, totalEnqueues: 4, partitions: [] };
    const topics = new Map([["__proto__", counts]]);
    answerWith({ ok: true, op: "stats", global: { ...NO_COUNTS, totalAcks: 9 }, topics });
    const answer = await ask<StatsResp>((done) => fixture.client.stats({ partitionId: 0 }, done));
    if (!("ok" in answer)) throw new Error(answer.message);
    expect(answer.ok.globalStats?.totalAcks).toBe(9n);
    expect(answer.ok.topicStats.get("__proto__")?.totalEnqueues).toBe(4n);
    expect(asked).toEqual([{ op: "stats", partitionId: 0 }]);
  });

  it("Peek: limit as it was sent, and an answer that stops before it outgrows a message", async () => {
    const message = {
      messageId: "M",
      partitionId: 0,
      payload: new Uint8Array(1_500_000),
      priorityHi: 0,
      priorityLo: 1,
      enqueuedMs: 5,
      attempts: 1,
      maxRetries: 3,
      isLeased: true,
      leaseDeadlineMs: 9,
      inDlq: false,
    };
    answerWith({ ok: true, op: "peek", items: [message, message, message], hasMore: false });
    const answer = await ask<PeekResp>((done) =>
      fixture.client.peek(PeekReq.create({ topic: "j" }), done),
    );
    if (!("ok" in answer)) throw new Error(answer.message);
    expect(answer.ok.items).toHaveLength(2);
    expect(answer.ok.hasMore).toBe(true);
    expect(answer.ok.items[0]).toMatchObject({ topic: "j", isLeased: true });
    expect(answer.ok.items[0]?.leaseDeadline).toEqual(new Date(9));
    await ask((done) => fixture.client.peek(PeekReq.create({ topic: "j", limit: 5000 }), done));
    expect(asked.map((request) => request.op === "peek" && request.limit)).toEqual([0, 5000]);
  });
});

describe("what no request can be read from", () => {
  const wrong = { seconds: 1n, nanos: -1 };
  const heap = (part: Partial<MakeHeapReq>) => (done: never) =>
    fixture.client.makeHeap(MakeHeapReq.create({ topic: "t", ...part }), done);

  it.each([
    ["retention_time", heap({ retentionTime: wrong })],
    ["visibility_timeout_default", heap({ visibilityTimeoutDefault: wrong })],
    ["dlq_policy.retention_time", heap({ dlqPolicy: { enabled: true, retentionTime: wrong } })],
    [
      "not_before",
      (done: never) =>
        fixture.client.enqueue(EnqueueReq.create({ topic: "t", notBefore: wrong }), done),
    ],
    [
      "backoff_override",
      (done: never) => fixture.client.nack({ ...ACK, backoffOverride: wrong }, done),
    ],
    [
      "extension",
      (done: never) =>
        fixture.client.extend({ topic: "t", leaseToken: "T", extension: wrong }, done),
    ],
  ])("a malformed %s is refused before the engine hears of it", async (field, send) => {
    const answer = await ask(send as never);
    if ("ok" in answer) throw new Error("was accepted");
    expect(answer.code).toBe(Status.INVALID_ARGUMENT);
    expect(answer.message.startsWith(`${field}: `)).toBe(true);
    expect(answer.message).toMatch(/\.$/);
    expect(fixture.engine.events).toEqual([]);
  });

  it("answers bytes that are no message with INVALID_ARGUMENT", async () => {
    const raw = new Client(fixture.address, credentials.createInsecure());
    const answer = await ask((done) =>
      raw.makeUnaryRequest(
        DisheapService.enqueue.path,
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => bytes,
        Buffer.from([0x0a, 0xff, 0xff, 0xff, 0x0f, 0x01]),
        done as never,
      ),
    );
    raw.close();
    if ("ok" in answer) throw new Error("was accepted");
    expect(answer.code).toBe(Status.INVALID_ARGUMENT);
    expect(answer.message).toMatch(/not a valid message/);
  });
});

describe("what is out of range reaches the engine as it was sent", () => {
  it("of MakeHeap", async () => {
    answerWith({ ok: true, op: "topic.create", heapId: "x" });
    const request = MakeHeapReq.create({
      topic: "a b",
      mode: 7 as never,
      partitions: 4_294_967_295,
      maxPayloadBytes: 2n ** 64n - 1n,
      visibilityTimeoutDefault: { seconds: 43_200n, nanos: 1 },
      retentionTime: { seconds: 0n, nanos: 0 },
    });
    await ask((done) => fixture.client.makeHeap(request, done));
    expect(asked[0]).toMatchObject({
      topic: "a b",
      settings: {
        mode: "7",
        partitions: 4_294_967_295,
        maxPayloadBytes: 2 ** 64,
        visibilityMs: 43_200_001,
        retentionMs: 0,
      },
    });
  });

  it("of Extend, Nack and Stats", async () => {
    answerWith({ ok: true, op: "ack" });
    const extend = { topic: "", leaseToken: "", extension: undefined };
    await ask((done) => fixture.client.extend(extend, done));
    const nack = { ...ACK, backoffOverride: { seconds: 0n, nanos: -1 } };
    await ask((done) => fixture.client.nack(nack, done));
    await ask((done) => fixture.client.stats({ topic: "" }, done));
    expect(asked).toEqual([
      { op: "extend", topic: "", leaseToken: "", extensionMs: 0 },
      { op: "nack", topic: "jobs", messageId: "M", leaseToken: "T", backoffMs: -1 },
      { op: "stats", topic: "" },
    ]);
  });
});

describe("failures of the engine", () => {
  it("become the status of the same name, with the sentence and the token as a trailer", async () => {
    const message = "Send force=true, or repeat with the token of this answer.";
    answerWith({
      ok: false,
      failure: { code: "FAILED_PRECONDITION", message, confirmationToken: "abc" },
    });
    const answer = await ask((done) =>
      fixture.client.deleteHeap({ topic: "jobs", force: false, confirmationToken: "" }, done),
    );
    if ("ok" in answer) throw new Error("was accepted");
    expect(answer).toMatchObject({ code: Status.FAILED_PRECONDITION, message });
    expect(answer.metadata.get("disheap-confirmation-token")).toEqual(["abc"]);
  });

  it("the heap id that a deletion is meant for comes with its metadata", async () => {
    answerWith({ ok: true, op: "topic.delete" });
    const metadata = new Metadata();
    metadata.set("disheap-if-heap-id", "jobs-1700000000");
    await ask((done) =>
      fixture.client.deleteHeap(
        { topic: "jobs", force: true, confirmationToken: "" },
        metadata,
        done as never,
      ),
    );
    const { request } = await fixture.engine.seen("client.request");
    expect(request).toMatchObject({ op: "topic.delete", ifHeapId: "jobs-1700000000" });
  });

  it("INTERNAL when it answers another question", async () => {
    answerWith({ ok: true, op: "ack" });
    const answer = await ask((done) => fixture.client.stats({}, done));
    expect(answer).toMatchObject({ code: Status.INTERNAL });
  });

  it("UNAVAILABLE when it does not answer at all", async () => {
    const pending = ask((done) => fixture.client.ack(ACK, done));
    await fixture.engine.seen("client.request");
    fixture.engine.carrier.sweep();
    fixture.engine.nowMs = 15_001;
    fixture.engine.carrier.sweep();
    expect(await pending).toMatchObject({ code: Status.UNAVAILABLE });
  });

  it("drops the answer to a caller that has left", async () => {
    const call = fixture.client.ack(ACK, () => undefined);
    const { requestId } = await fixture.engine.seen("client.request");
    call.cancel();
    while (fixture.engine.carrier.pendingRequests > 0) await new Promise(setImmediate);
    fixture.engine.carrier.emit({
      kind: "client.reply",
      requestId,
      result: { ok: true, op: "ack" },
    });
    expect(fixture.engine.carrier.pendingRequests).toBe(0);
  });
});

describe("not built yet", () => {
  it.each([
    ["updateHeapConfig", { topic: "t" }],
    ["purge", { topic: "t", force: true, confirmationToken: "" }],
    ["moveToDlq", { topic: "t", messageId: "m" }],
    ["enqueueBatch", { requests: [] }],
  ] as const)("%s answers UNIMPLEMENTED with a way out", async (method, request) => {
    const answer = await ask((done) =>
      (fixture.client[method] as (request: unknown, done: unknown) => void)(request, done),
    );
    expect(answer).toMatchObject({ code: Status.UNIMPLEMENTED });
    expect("message" in answer && answer.message).toMatch(/not built yet: .*\.$/);
  });
});

describe("AUTH_MODE=optional", () => {
  it("refuses a presented key, because no key can be valid, and lets the others in", async () => {
    const other = await startFixture({ authMode: "optional" });
    other.engine.answer = () => ({ ok: true, op: "ack" });
    const metadata = new Metadata();
    metadata.set("x-api-key", "dh_a_b");
    const answer = await ask((done) => other.client.ack(ACK, metadata, done));
    expect(answer).toMatchObject({ code: Status.UNAUTHENTICATED });
    expect(await ask((done) => other.client.ack(ACK, done))).toEqual({ ok: {} });
    await other.close();
  });
});

describe("a delivered item", () => {
  it("needs no more beside its payload than an enqueue leaves free", () => {
    const widest = writePopItem({
      ...ITEM,
      topic: "t".repeat(255),
      priorityHi: -2147483648,
      leaseToken: "x".repeat(43),
      attempts: 0xffff_ffff,
      maxRetries: 0xffff_ffff,
      partitionId: 0xffff_ffff,
      producer: {
        producerId: "\u20ac".repeat(255),
        epochHi: 0xffff_ffff,
        epochLo: 0,
        sequenceHi: 0xffff_ffff,
        sequenceLo: 0,
      },
    });
    const bytes = PopItem.encode(widest).finish().length - ITEM.payload.length;
    expect(bytes).toBeLessThan(ITEM_OVERHEAD_BYTES);
  });
});
