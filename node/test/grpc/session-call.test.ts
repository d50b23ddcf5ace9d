// One call of Session over real gRPC: frames go through as they are, and the engine hears of every end once.
import type { SessionPart } from "@disheap/core";
import { SessionClient, type SessionIn, SessionOut } from "@disheap/proto";
import { type ClientDuplexStream, credentials, type StatusObject, status } from "@grpc/grpc-js";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Fixture, startFixture } from "../support/grpc-fixture.js";

const IN: SessionIn = {
  hello: { client: "test", level: 1, receiveBytesMax: 0 },
  topic: [{ handle: 1, topic: "jobs" }],
  producer: [],
  consumer: [],
  settle: [],
  enqueue: [],
  started: [],
  credit: [],
  close: [],
  ends: false,
};

let fixture: Fixture;
let client: SessionClient;
let call: ClientDuplexStream<SessionIn, SessionOut>;
let ended: Promise<StatusObject>;
beforeEach(async () => {
  fixture = await startFixture();
  client = new SessionClient(fixture.address, credentials.createInsecure());
  call = client.open();
  call.on("error", () => undefined);
  ended = new Promise((resolve) => {
    call.on("status", resolve);
  });
});
afterEach(async () => {
  client.close();
  await fixture.close();
});

const frameOf = (bytes: number): Uint8Array =>
  SessionOut.encode(
    SessionOut.fromPartial({ end: { code: 0, message: "x".repeat(bytes) } }),
  ).finish();

/** Fields of a frame, as the core would hand them over. */
function wordsOf(bytes: number): SessionPart {
  return { rows: 0, leaseLeftMs: Infinity, encode: () => frameOf(bytes) };
}

/** A batch of deliveries, which says its number and what is left of its leases. */
function batchOf(rows: number, leaseLeftMs: number): SessionPart {
  const encode = (firstDelivery: number, leftMs: number): Uint8Array =>
    SessionOut.encode(
      SessionOut.fromPartial({
        delivered: [{ consumer: 1, firstDelivery, leaseLeftMs: Array(rows).fill(leftMs) }],
      }),
    ).finish();
  return { rows, leaseLeftMs, encode };
}

const say = (sessionId: number, ...parts: SessionPart[]): void => {
  fixture.engine.carrier.emit({ kind: "session.parts", sessionId, parts });
};

async function opened(): Promise<number> {
  call.write(IN);
  const { sessionId } = await fixture.engine.seen("session.frame");
  return sessionId;
}

const gone = (): number => fixture.engine.kinds().filter((kind) => kind === "session.gone").length;

it("carries frames both ways, and reports what was written", async () => {
  const sessionId = await opened();
  const heard = new Promise<SessionOut>((resolve) => {
    call.on("data", resolve);
  });
  say(sessionId, wordsOf(3), batchOf(2, 60_000), batchOf(1, 60_000));
  const { end, delivered } = await heard;
  expect(end?.message).toBe("xxx");
  expect(delivered.map(({ firstDelivery }) => Number(firstDelivery))).toEqual([1, 3]);
  expect(delivered.map(({ leaseLeftMs }) => leaseLeftMs.length)).toEqual([2, 1]);
  for (const ms of delivered.flatMap(({ leaseLeftMs }) => leaseLeftMs)) {
    expect(ms).toBeGreaterThan(50_000);
    expect(ms).toBeLessThanOrEqual(60_000);
  }
  const written = await fixture.engine.seen("session.written");
  expect(written).toEqual({ kind: "session.written", sessionId, batches: 2, words: 1 });
});

it("a cancel is an end without order", async () => {
  await opened();
  call.cancel();
  await fixture.engine.seen("session.gone");
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(fixture.engine.kinds()).not.toContain("session.half-close");
  expect(gone()).toBe(1);
});

it("a half-close is one, and the engine's end ends the call", async () => {
  const sessionId = await opened();
  call.resume();
  call.end();
  await fixture.engine.seen("session.half-close");
  fixture.engine.carrier.emit({ kind: "session.end", sessionId });
  expect((await ended).code).toBe(status.OK);
  expect(gone()).toBe(1);
});

it("a failure is the status, after all frames", async () => {
  const sessionId = await opened();
  let frames = 0;
  call.on("data", () => (frames += 1));
  for (let i = 0; i < 5; i += 1) say(sessionId, wordsOf(900_000));
  const failure = { code: "INVALID_ARGUMENT", message: "no" } as const;
  fixture.engine.carrier.emit({ kind: "session.end", sessionId, failure });
  expect(await ended).toMatchObject({ code: status.INVALID_ARGUMENT, details: "no" });
  expect(frames).toBe(5);
});

it("what a client does not read is not written", async () => {
  const sessionId = await opened();
  call.pause();
  call.read(0);
  for (let i = 0; i < 100; i += 1) say(sessionId, wordsOf(900_000));
  await new Promise((resolve) => setTimeout(resolve, 500));
  const written = fixture.engine.events.reduce(
    (sum, event) => sum + (event.kind === "session.written" ? event.words : 0),
    0,
  );
  expect(written).toBeGreaterThan(0);
  expect(written).toBeLessThan(20);
});

it("deliveries that a client did not read in time go back, and so do those that wait at a recall and at the end", async () => {
  const sessionId = await opened();
  const numbers: number[] = [];
  call.on("data", ({ delivered }: SessionOut) => {
    numbers.push(...delivered.map(({ firstDelivery }) => Number(firstDelivery)));
  });
  call.pause();
  for (let i = 0; i < 100; i += 1) say(sessionId, wordsOf(900_000));
  const { engine } = fixture;
  say(sessionId, batchOf(1, 20), batchOf(1, 60_000));
  await new Promise((resolve) => setTimeout(resolve, 50));
  call.resume();
  await engine.seen("session.written", ({ batches }) => batches === 1);
  expect(engine.events.filter(({ kind }) => kind === "session.returned")).toEqual([
    { kind: "session.returned", sessionId, batches: 1 },
  ]);
  call.pause();
  for (let i = 0; i < 100; i += 1) say(sessionId, wordsOf(900_000));
  say(sessionId, batchOf(1, 10_000), batchOf(1, 10_000));
  engine.carrier.emit({ kind: "session.recall", sessionId });
  await engine.seen("session.returned", ({ batches }) => batches === 2);
  say(sessionId, ...[1, 2, 3].map(() => batchOf(1, 10_000)));
  engine.carrier.emit({ kind: "session.end", sessionId });
  await engine.seen("session.returned", ({ batches }) => batches === 3);
  call.resume();
  expect((await ended).code).toBe(status.OK);
  expect(numbers).toEqual([1]);
});

it("what was written is reported before what the client says of it", async () => {
  const sessionId = await opened();
  const { engine } = fixture;
  // Something is written as each of these comes; the next one is there already, so no time passes in between.
  const frames = 20;
  let answered = 1;
  const all = engine.seen("session.frame", () => {
    const count = engine.kinds().filter((kind) => kind === "session.frame").length;
    if (count === answered || count > frames) return count > frames;
    answered = count;
    say(sessionId, batchOf(1, 60_000));
    return false;
  });
  call.resume();
  for (let i = 0; i < frames; i += 1) call.write({ ...IN, hello: undefined });
  await all;
  const kinds = engine.kinds().slice(1);
  expect(kinds.filter((kind) => kind === "session.frame")).toHaveLength(frames);
  kinds.forEach((kind, i) => {
    const isLast = kinds.lastIndexOf("session.frame") === i;
    if (kind === "session.frame" && !isLast) expect(kinds[i + 1]).toBe("session.written");
  });
});

it("a node that stops ends its sessions with the reason", async () => {
  await opened();
  fixture.engine.carrier.endAll({ code: "UNAVAILABLE", message: "it stops" });
  call.resume();
  expect(await ended).toMatchObject({ code: status.UNAVAILABLE, details: "it stops" });
  expect(gone()).toBe(1);
});
