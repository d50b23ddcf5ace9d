// One call of Session over real gRPC: frames go through as they are, and the engine hears of every end once.
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
  fixture.engine.carrier.emit({ kind: "session.frame", sessionId, frame: frameOf(3) });
  expect((await heard).end?.message).toBe("xxx");
  const written = await fixture.engine.seen("session.written");
  expect(written).toEqual({ kind: "session.written", sessionId, frames: 1 });
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
  const { carrier } = fixture.engine;
  for (let i = 0; i < 5; i += 1) {
    carrier.emit({ kind: "session.frame", sessionId, frame: frameOf(400_000) });
  }
  const failure = { code: "INVALID_ARGUMENT", message: "no" } as const;
  carrier.emit({ kind: "session.end", sessionId, failure });
  expect(await ended).toMatchObject({ code: status.INVALID_ARGUMENT, details: "no" });
  expect(frames).toBe(5);
});

it("what a client does not read is not written", async () => {
  const sessionId = await opened();
  call.pause();
  call.read(0);
  for (let i = 0; i < 100; i += 1) {
    fixture.engine.carrier.emit({ kind: "session.frame", sessionId, frame: frameOf(400_000) });
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  const written = fixture.engine.events.reduce(
    (sum, event) => sum + (event.kind === "session.written" ? event.frames : 0),
    0,
  );
  expect(written).toBeGreaterThan(0);
  expect(written).toBeLessThan(20);
});

it("a node that stops ends its sessions with the reason", async () => {
  await opened();
  fixture.engine.carrier.endAll({ code: "UNAVAILABLE", message: "it stops" });
  call.resume();
  expect(await ended).toMatchObject({ code: status.UNAVAILABLE, details: "it stops" });
  expect(gone()).toBe(1);
});
