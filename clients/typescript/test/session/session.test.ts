// A session against a node that says what the test tells it to: real gRPC, frames by hand.
import { EnqueueReq, SessionService } from "@disheap/proto";
import { decodeSessionIn, encodeSessionOut, type SessionIn } from "@disheap/proto/session";
import { Metadata, Server, ServerCredentials, type ServerDuplexStream } from "@grpc/grpc-js";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Endpoint } from "../../src/endpoints.js";
import { DisheapError } from "../../src/errors.js";
import { resolveOptions } from "../../src/options.js";
import { sent } from "../../src/session/row.js";
import { Session } from "../../src/session/session.js";
import { watch } from "../../src/session/watch.js";

const asIs = (bytes: Buffer): Buffer => bytes;
const welcome = {
  level: 1,
  node: "n1",
  frameBytesMax: 100_000,
  messageBytesMax: 50_000,
  rowsMax: 10,
  callsMax: 10,
  handlesMax: 1,
  deliveriesMax: 10,
};

let server: Server;
let endpoint: Endpoint;
let session: Session;
let node: ServerDuplexStream<Buffer, Buffer>;
let heard: SessionIn[];

beforeEach(async () => {
  heard = [];
  server = new Server();
  const open = { ...SessionService.open, requestDeserialize: asIs, responseSerialize: asIs };
  server.addService(
    { open: { ...open, requestSerialize: asIs, responseDeserialize: asIs } },
    {
      open: (call: ServerDuplexStream<Buffer, Buffer>) => {
        node = call;
        call.on("data", (frame: Buffer) => {
          heard.push(decodeSessionIn(frame));
          if (heard.length > 1) return;
          call.write(Buffer.from(encodeSessionOut({ welcome, enqueueBytesMax: 1_000_000 })));
        });
        call.on("error", () => undefined);
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  endpoint = new Endpoint(`127.0.0.1:${port}`, resolveOptions({}));
  const hooks = { name: "the session", onRoute: vi.fn(), onEnd: vi.fn() };
  session = new Session(endpoint, new Metadata(), hooks);
  expect(await session.opened).toBeUndefined();
});
afterEach(() => {
  endpoint.client.close();
  server.forceShutdown();
});

async function enqueue(bytes: number, topic = "jobs"): Promise<unknown> {
  const request = EnqueueReq.create({ topic, payload: new Uint8Array(bytes) });
  return sent(
    session,
    { kind: "enqueue", name: "enqueue(jobs)", topic, request },
    performance.now(),
  );
}

const calls = () => heard.flatMap((frame) => frame.enqueue);

it("takes no row that is larger than the node's messages, and none of a topic beyond its handles", async () => {
  const refused = [await enqueue(50_001), await enqueue(200_000)];
  const going = enqueue(50_000);
  refused.push(await enqueue(1, "other"));
  for (const error of refused) {
    expect(error).toBeInstanceOf(DisheapError);
    expect(error).toMatchObject({ code: "UNAVAILABLE", outcomeUnknown: false });
  }
  await vi.waitFor(
    () => expect(calls().map(({ payload }) => payload.length)).toEqual([50_000]),
    10_000,
  );
  const range = { call: 1, count: 1, group: 1, index: 2, stampMs: 3 };
  node.write(Buffer.from(encodeSessionOut({ enqueued: [range] })));
  expect(await going).toMatchObject({ duplicate: false, partitionId: 0 });
});

it("gives up a row that had no answer in time, as unknown, and goes on", async () => {
  const unwatch = watch(session, { rowMsMax: 50, hasOthers: false, endsIdle: false });
  expect(await enqueue(1)).toMatchObject({ code: "DEADLINE_EXCEEDED", outcomeUnknown: true });
  unwatch();
  expect([session.isOpen, session.isWaiting]).toEqual([true, false]);
});

it("ends at bytes that are no frame, and what was sent is unknown", async () => {
  const going = enqueue(1);
  await vi.waitFor(() => expect(calls()).toHaveLength(1), 10_000);
  node.write(Buffer.from([255, 255, 255, 255]));
  expect(await going).toMatchObject({ code: "UNAVAILABLE", outcomeUnknown: true });
  expect(await session.over).toMatchObject({ code: "INTERNAL" });
  expect(await enqueue(1)).toMatchObject({ code: "UNAVAILABLE", outcomeUnknown: false });
});

it("ends with what the node says, after its last frame", async () => {
  const going = enqueue(1);
  await vi.waitFor(() => expect(calls()).toHaveLength(1), 10_000);
  const details = "a handle is bound once";
  node.write(Buffer.from(encodeSessionOut({ end: { code: 3, message: details } })));
  node.emit("error", { code: 3, details });
  expect(await session.over).toMatchObject({ code: "INVALID_ARGUMENT" });
  // The row was not refused itself: it may be tried elsewhere.
  expect(await going).toMatchObject({ code: "UNAVAILABLE", outcomeUnknown: true });
});
