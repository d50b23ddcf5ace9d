// Large calls at a real server: what is beyond the bytes of all calls is refused at once, before it is sent.

import type { ClientResult } from "@disheap/core";
import { EnqueueReq } from "@disheap/proto";
import { Metadata, status as Status } from "@grpc/grpc-js";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Answer, ask, type Fixture, startFixture } from "../support/grpc-fixture.js";

const MIB = 1 << 20;
let f: Fixture;

/** 8 MiB in all; one message of 4 MiB at a time in memory. */
beforeEach(async () => {
  f = await startFixture({}, 8 * MIB);
});
afterEach(() => f.close());

function enqueue(bytes: number): Promise<Answer<unknown>> {
  const request = EnqueueReq.fromPartial({ topic: "jobs", payload: Buffer.alloc(bytes, 7) });
  const options = { deadline: Date.now() + 20_000 };
  return ask((done) => f.client.enqueue(request, new Metadata(), options, done));
}

const asked = (): number => f.engine.kinds().filter((kind) => kind === "client.request").length;
const codeOf = (answer: Answer<unknown>): number => ("code" in answer ? answer.code : Status.OK);

const RESULT: ClientResult = {
  ok: true,
  op: "enqueue",
  messageId: "01M84FY4KE0000200000002000",
  duplicate: false,
  partitionId: 0,
};

/** The first that came, and from now on all others at once. */
async function answerAll(): Promise<void> {
  f.engine.answer = () => RESULT;
  const { requestId } = await f.engine.seen("client.request");
  f.engine.carrier.emit({ kind: "client.reply", requestId, result: RESULT });
}

it("refuses the excess at once and with a sentence, and serves what it took", async () => {
  // Nobody answers yet: three of 3 MiB are beyond 8 MiB.
  const calls = [enqueue(3 * MIB), enqueue(3 * MIB), enqueue(3 * MIB)];
  const first = await Promise.race(calls);
  expect(first).toMatchObject({ code: Status.RESOURCE_EXHAUSTED });
  expect(f.engine.refusals).toBe(1);
  expect("message" in first && first.message).toMatch(/REQUEST_BYTES_MAX.*Wait for answers/);
  await f.engine.seen("client.request");
  // The second waits unread until the first is answered.
  expect(asked()).toBe(1);
  await answerAll();
  const codes = (await Promise.all(calls)).map(codeOf);
  expect(codes.sort((a, b) => a - b)).toEqual([Status.OK, Status.OK, Status.RESOURCE_EXHAUSTED]);
  expect(asked()).toBe(2);
  // Its room came back, and the connection is as good as before.
  expect(codeOf(await enqueue(3 * MIB))).toBe(Status.OK);
});

it("small calls pass by large ones that wait", async () => {
  const calls = [enqueue(3 * MIB), enqueue(3 * MIB)];
  await f.engine.seen("client.request");
  const small = enqueue(1_000);
  await f.engine.seen("client.request", ({ request }) => {
    return request.op === "enqueue" && request.payload.length === 1_000;
  });
  // The second large one is not read yet.
  expect(asked()).toBe(2);
  f.engine.answer = () => RESULT;
  for (const event of f.engine.events) {
    if (event.kind !== "client.request") continue;
    f.engine.carrier.emit({ kind: "client.reply", requestId: event.requestId, result: RESULT });
  }
  expect(codeOf(await small)).toBe(Status.OK);
  expect((await Promise.all(calls)).map(codeOf)).toEqual([Status.OK, Status.OK]);
});

it("a client that gives up while it waits leaves nothing behind", async () => {
  const first = enqueue(3 * MIB);
  await f.engine.seen("client.request");
  const request = EnqueueReq.fromPartial({ topic: "jobs", payload: Buffer.alloc(3 * MIB) });
  const options = { deadline: Date.now() + 300 };
  const gone = await ask((done) => f.client.enqueue(request, new Metadata(), options, done));
  expect(codeOf(gone)).toBe(Status.DEADLINE_EXCEEDED);
  await answerAll();
  expect(codeOf(await first)).toBe(Status.OK);
  expect(codeOf(await enqueue(3 * MIB))).toBe(Status.OK);
  // The one whose client left was never read.
  expect(asked()).toBe(2);
});
