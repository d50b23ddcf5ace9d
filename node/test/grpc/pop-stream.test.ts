import type { PopItem, PopOpen } from "@disheap/proto";
import { type ClientDuplexStream, type ServiceError, status as Status } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FIRST_WINDOW_ITEMS, WINDOW_ITEMS } from "../../src/grpc/pop-stream.js";
import { type Fixture, startFixture } from "../support/grpc-fixture.js";

let fixture: Fixture;
beforeEach(async () => {
  fixture = await startFixture();
});
afterEach(() => fixture.close());

type Stream = ClientDuplexStream<PopOpen, PopItem>;

const filter = (topic: string, partitionIds: number[] = []): PopOpen => ({
  kind: { $case: "filter", value: { topic, partitionIds } },
});
const credits = (n: number): PopOpen => ({
  kind: { $case: "flowControl", value: { credits: n } },
});

/** Credits that the engine was given so far. */
const given = (): number =>
  fixture.engine.events.reduce(
    (sum, event) => sum + (event.kind === "stream.credits" ? event.credits : 0),
    0,
  );

/** Large items that client and transport take although nobody reads them: gRPC reads 16 ahead. */
const TAKEN_MAX = 20;

/**
 * The application does not read. Without the first read gRPC itself would take every message into a list
 * of its own, and to the node that is a client that reads.
 */
function stopReading(stream: Stream): void {
  stream.pause();
  stream.read(0);
}

/** Items that the engine knows as written, or as returned. */
const settled = (kind: "stream.written" | "stream.returned"): number =>
  fixture.engine.events.reduce((sum, event) => sum + (event.kind === kind ? event.count : 0), 0);

/** Nothing more is settled, over many rounds of the event loop. */
async function untilQuiet(): Promise<void> {
  for (let idle = 0, known = -1; idle < 200; idle += 1) {
    await new Promise(setImmediate);
    const now = fixture.engine.events.length;
    if (now !== known) idle = 0;
    known = now;
  }
}

/** The end of a stream as seen by the consumer: its status code and sentence. */
function endOf(stream: Stream): Promise<{ code: number; details: string }> {
  return new Promise((resolve) => {
    stream.on("error", (error: ServiceError) => {
      resolve({ code: error.code, details: error.details });
    });
    stream.on("end", () => {
      resolve({ code: Status.OK, details: "" });
    });
    stream.resume();
  });
}

function items(stream: Stream, count: number): Promise<PopItem[]> {
  return new Promise((resolve) => {
    const found: PopItem[] = [];
    stream.on("data", (item: PopItem) => {
      found.push(item);
      if (found.length === count) resolve(found);
    });
  });
}

describe("opening", () => {
  it("filter first, then credits", async () => {
    const stream = fixture.client.popStream();
    stream.write({
      kind: {
        $case: "filter",
        value: {
          topic: "jobs",
          partitionIds: [1, 3],
          visibilityTimeout: { seconds: 2n, nanos: 0 },
        },
      },
    });
    stream.write(credits(5));
    await fixture.engine.seen("stream.credits");
    expect(fixture.engine.events).toMatchObject([
      { kind: "stream.filter", topic: "jobs", partitionIds: [1, 3], visibilityMs: 2000 },
      { kind: "stream.credits", credits: 5 },
    ]);
    stream.cancel();
    await endOf(stream);
  });

  it("credits that come first are passed on first", async () => {
    const stream = fixture.client.popStream();
    stream.write(credits(5));
    stream.write(credits(2));
    stream.write(filter("jobs"));
    await fixture.engine.seen("stream.filter");
    expect(fixture.engine.events).toMatchObject([
      { kind: "stream.credits", credits: 5 },
      { kind: "stream.credits", credits: 2 },
      { kind: "stream.filter" },
    ]);
    stream.cancel();
    await endOf(stream);
  });

  it("a half-close without a filter is told at once, whatever credits wait", async () => {
    const stream = fixture.client.popStream();
    stream.write(credits(1_000_000));
    stream.end();
    await fixture.engine.seen("stream.half-close");
    expect(given()).toBe(FIRST_WINDOW_ITEMS);
    stream.cancel();
    await endOf(stream);
  });

  it("a filter reaches the engine as it was sent", async () => {
    const stream = fixture.client.popStream();
    const visibilityTimeout = { seconds: 0n, nanos: 0 };
    stream.write({
      kind: { $case: "filter", value: { topic: "", partitionIds: [], visibilityTimeout } },
    });
    expect(await fixture.engine.seen("stream.filter")).toMatchObject({
      topic: "",
      visibilityMs: 0,
    });
    stream.cancel();
    await endOf(stream);
  });

  it.each<[string, PopOpen]>([
    [
      "visibility_timeout",
      {
        kind: {
          $case: "filter",
          value: { topic: "t", partitionIds: [], visibilityTimeout: { seconds: 1n, nanos: -1 } },
        },
      },
    ],
    ["kind", { kind: undefined }],
  ])("refuses a %s that cannot be read", async (field, message) => {
    const stream = fixture.client.popStream();
    stream.write(message);
    const end = await endOf(stream);
    expect(end.code).toBe(Status.INVALID_ARGUMENT);
    expect(end.details).toContain(field);
  });

  it("passes a later filter on", async () => {
    const stream = fixture.client.popStream();
    stream.write(filter("a"));
    stream.write(filter("b"));
    await fixture.engine.seen("stream.filter", (event) => event.topic === "b");
    stream.cancel();
    await endOf(stream);
  });
});

describe("items", () => {
  async function open(creditCount: number): Promise<{ stream: Stream; streamId: number }> {
    const stream = fixture.client.popStream();
    stream.on("error", () => undefined);
    stream.write(filter("jobs"));
    stream.write(credits(creditCount));
    const { streamId } = await fixture.engine.seen("stream.credits");
    return { stream, streamId };
  }

  it("arrive whole and in order", async () => {
    const { stream, streamId } = await open(300);
    const arriving = items(stream, 300);
    for (let i = 0; i < 300; i += 1) fixture.engine.deliver(streamId, { messageId: `m${i}` });
    const found = await arriving;
    expect(found.map((item) => item.messageId)).toEqual(
      Array.from({ length: 300 }, (_, i) => `m${i}`),
    );
    expect(found[0]).toEqual({
      messageId: "m0",
      topic: "jobs",
      partitionId: 2,
      payload: Buffer.from([1, 2, 3]),
      priority: -2n,
      enqueuedTime: new Date(1_700_000_000_123),
      leaseToken: "00000001abc",
      leaseDeadline: new Date(1_700_000_030_123),
      attempts: 1,
      maxRetries: 3,
      producerId: "p",
      epoch: 2n ** 32n + 2n,
      sequence: 7n,
    });
    expect(fixture.observed.popped).toHaveLength(300);
    stream.cancel();
  });

  it("never cost the engine more credits than the client sent, and at most a window at once", async () => {
    const { stream, streamId } = await open(WINDOW_ITEMS * 2);
    expect(given()).toBe(FIRST_WINDOW_ITEMS);
    const arriving = items(stream, WINDOW_ITEMS * 2);
    for (let i = 0; i < WINDOW_ITEMS * 2; i += 1) {
      while (given() <= i) await new Promise(setImmediate);
      expect(given() - i).toBeLessThanOrEqual(WINDOW_ITEMS);
      fixture.engine.deliver(streamId);
    }
    await arriving;
    expect(given()).toBe(WINDOW_ITEMS * 2);
    stream.cancel();
  });

  it("wait here for a reader that does not read, without losing one", async () => {
    const { stream, streamId } = await open(WINDOW_ITEMS * 4);
    stream.pause();
    const payload = new Uint8Array(10_000);
    for (let i = 0; i < WINDOW_ITEMS; i += 1) {
      fixture.engine.deliver(streamId, { messageId: `m${i}`, payload });
    }
    for (let i = 0; i < 50; i += 1) await new Promise(setImmediate);
    expect(given()).toBeLessThan(WINDOW_ITEMS * 2);
    const arriving = items(stream, WINDOW_ITEMS);
    stream.resume();
    const found = await arriving;
    expect(found.at(-1)?.messageId).toBe(`m${WINDOW_ITEMS - 1}`);
    stream.cancel();
  });

  it("of a size are asked for in so many bytes, however many credits there are", async () => {
    const { stream, streamId } = await open(WINDOW_ITEMS);
    const payload = new Uint8Array(1 << 20);
    const arriving = items(stream, FIRST_WINDOW_ITEMS + 20);
    for (let i = 0; i < FIRST_WINDOW_ITEMS + 20; i += 1) {
      while (given() <= i) await new Promise(setImmediate);
      // What was given before the first item told its size is spent; then a few at a time.
      if (i >= FIRST_WINDOW_ITEMS) expect(given() - i).toBeLessThanOrEqual(4);
      fixture.engine.deliver(streamId, { payload });
    }
    await arriving;
    stream.cancel();
  });

  it("saturate credits at 2^32 - 1 instead of wrapping", async () => {
    const { stream, streamId } = await open(0xffff_ffff);
    stream.write(credits(0xffff_ffff));
    const arriving = items(stream, 2000);
    for (let i = 0; i < 2000; i += 1) {
      while (given() <= i) await new Promise(setImmediate);
      fixture.engine.deliver(streamId);
    }
    await arriving;
    for (const event of fixture.engine.events) {
      if (event.kind === "stream.credits") expect(event.credits).toBeLessThanOrEqual(WINDOW_ITEMS);
    }
    stream.cancel();
  });

  it("are reported as written as far as the transport takes them, and no further", async () => {
    const { stream, streamId } = await open(FIRST_WINDOW_ITEMS);
    stopReading(stream);
    const payload = new Uint8Array(100_000);
    for (let i = 0; i < FIRST_WINDOW_ITEMS; i += 1) fixture.engine.deliver(streamId, { payload });
    await fixture.engine.seen("stream.written");
    await untilQuiet();
    expect(settled("stream.written")).toBeLessThanOrEqual(TAKEN_MAX);
    fixture.engine.carrier.emit({ kind: "stream.recall", streamId });
    await fixture.engine.seen("stream.returned");
    expect(settled("stream.written") + settled("stream.returned")).toBe(FIRST_WINDOW_ITEMS);
    expect(fixture.engine.kinds()).not.toContain("stream.drained");
    const arriving = items(stream, settled("stream.written"));
    stream.resume();
    await fixture.engine.seen("stream.drained");
    expect(await arriving).toHaveLength(settled("stream.written"));
    stream.cancel();
  });

  it("that a client who never read left behind are the cancel's, not written ones", async () => {
    const { stream, streamId } = await open(FIRST_WINDOW_ITEMS);
    stopReading(stream);
    const payload = new Uint8Array(100_000);
    for (let i = 0; i < FIRST_WINDOW_ITEMS; i += 1) fixture.engine.deliver(streamId, { payload });
    stream.cancel();
    await fixture.engine.seen("stream.cancel");
    await untilQuiet();
    expect(settled("stream.written")).toBeLessThanOrEqual(TAKEN_MAX);
    expect(fixture.engine.kinds().at(-1)).toBe("stream.cancel");
  });

  it("that were not written when a topic goes go back before the end", async () => {
    const { stream, streamId } = await open(FIRST_WINDOW_ITEMS);
    stopReading(stream);
    const payload = new Uint8Array(100_000);
    for (let i = 0; i < FIRST_WINDOW_ITEMS; i += 1) fixture.engine.deliver(streamId, { payload });
    const failure = { code: "NOT_FOUND", message: "gone" } as const;
    fixture.engine.carrier.emit({ kind: "stream.end", streamId, failure });
    expect(settled("stream.written") + settled("stream.returned")).toBe(FIRST_WINDOW_ITEMS);
    expect((await endOf(stream)).code).toBe(Status.NOT_FOUND);
  });

  it("that the transport took arrive before the stream ends with OK", async () => {
    const { stream, streamId } = await open(50);
    const arriving = items(stream, 50);
    const ended = endOf(stream);
    for (let i = 0; i < 50; i += 1) fixture.engine.deliver(streamId);
    while (settled("stream.written") < 50) await new Promise(setImmediate);
    fixture.engine.carrier.emit({ kind: "stream.end", streamId });
    expect(await arriving).toHaveLength(50);
    expect(await ended).toEqual({ code: Status.OK, details: "" });
  });
});

describe("ending", () => {
  it("passes the engine's failure on", async () => {
    const stream = fixture.client.popStream();
    stream.write(filter("gone"));
    const { streamId } = await fixture.engine.seen("stream.filter");
    const failure = { code: "NOT_FOUND", message: "Topic gone not found." } as const;
    fixture.engine.carrier.emit({ kind: "stream.end", streamId, failure });
    expect(await endOf(stream)).toEqual({ code: Status.NOT_FOUND, details: failure.message });
  });

  it("tells the engine of a half-close after all credits, and of nothing else", async () => {
    const stream = fixture.client.popStream();
    stream.write(filter("jobs"));
    stream.write(credits(3));
    stream.end();
    const { streamId } = await fixture.engine.seen("stream.half-close");
    expect(fixture.engine.kinds()).toEqual([
      "stream.filter",
      "stream.credits",
      "stream.half-close",
    ]);
    fixture.engine.carrier.emit({ kind: "stream.end", streamId });
    expect((await endOf(stream)).code).toBe(Status.OK);
    expect(fixture.engine.kinds()).not.toContain("stream.cancel");
  });

  it("holds a half-close back until the last credit is with the engine", async () => {
    const stream = fixture.client.popStream();
    stream.write(filter("jobs"));
    stream.write(credits(FIRST_WINDOW_ITEMS + 1));
    stream.end();
    const { streamId } = await fixture.engine.seen("stream.credits");
    const arriving = items(stream, FIRST_WINDOW_ITEMS);
    for (let i = 0; i < 20; i += 1) await new Promise(setImmediate);
    expect(fixture.engine.kinds()).not.toContain("stream.half-close");
    for (let i = 0; i < FIRST_WINDOW_ITEMS; i += 1) fixture.engine.deliver(streamId);
    await arriving;
    await fixture.engine.seen("stream.half-close");
    stream.cancel();
    await endOf(stream);
  });

  it("a cancel is a cancel and not a half-close", async () => {
    for (let i = 0; i < 20; i += 1) {
      const stream = fixture.client.popStream();
      stream.write(filter(`t${i}`));
      const opened = await fixture.engine.seen("stream.filter", (e) => e.topic === `t${i}`);
      stream.cancel();
      expect((await endOf(stream)).code).toBe(Status.CANCELLED);
      await fixture.engine.seen("stream.cancel", (e) => e.streamId === opened.streamId);
    }
    expect(fixture.engine.kinds()).not.toContain("stream.half-close");
    expect(fixture.engine.carrier.openStreams).toBe(0);
  });

  it("a lost connection is a cancel", async () => {
    const stream = fixture.client.popStream();
    stream.on("error", () => undefined);
    stream.write(filter("jobs"));
    await fixture.engine.seen("stream.filter");
    fixture.client.close();
    stream.cancel();
    await fixture.engine.seen("stream.cancel");
  });

  it("a shutdown ends streams and refuses new ones with UNAVAILABLE", async () => {
    const failure = { code: "UNAVAILABLE", message: "This node stops. Use another." } as const;
    const stream = fixture.client.popStream();
    stream.write(filter("jobs"));
    await fixture.engine.seen("stream.filter");
    fixture.engine.carrier.refuse(failure);
    fixture.engine.carrier.endAll(failure);
    expect(await endOf(stream)).toEqual({ code: Status.UNAVAILABLE, details: failure.message });
    const late = fixture.client.popStream();
    late.write(filter("jobs"));
    expect((await endOf(late)).code).toBe(Status.UNAVAILABLE);
  });
});
