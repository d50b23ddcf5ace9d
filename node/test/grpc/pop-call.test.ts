// What a PopStream call makes of "end" and "cancelled", which grpc-js reports for one cancel in this order
// and up to some tens of milliseconds apart. No network brings them that far apart on demand, so the call
// is a fake one, and so is the time.
import { EventEmitter } from "node:events";
import type { PopOpen } from "@disheap/proto";
import { Metadata } from "@grpc/grpc-js";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FIRST_WINDOW_ITEMS, PopCall } from "../../src/grpc/pop-stream.js";
import { serviceContext } from "../support/grpc-fixture.js";
import { HandEngine } from "../support/hand-engine.js";

/** The longest time between the two that was measured on a busy machine. */
const APART_MS = 61;
/** Much longer than any cancel takes. */
const SURELY_MS = 1000;

class FakeCall extends EventEmitter {
  readonly metadata = new Metadata();
  readonly writableNeedDrain = false;
  readonly written: unknown[] = [];
  readonly errors: unknown[] = [];
  isEnded = false;

  constructor() {
    super();
    this.on("error", (error) => this.errors.push(error));
  }

  getPath(): string {
    return "/disheap.Disheap/PopStream";
  }

  write(item: unknown, done: () => void): boolean {
    this.written.push(item);
    setImmediate(done);
    return true;
  }

  end(): void {
    this.isEnded = true;
  }
}

let engine: HandEngine;
let call: FakeCall;
beforeEach(() => {
  vi.useFakeTimers();
  engine = new HandEngine();
  call = new FakeCall();
  const popCall = new PopCall(call as never, serviceContext(engine));
  popCall.start();
  const open = (kind: PopOpen["kind"]): boolean => call.emit("data", { kind });
  open({ $case: "filter", value: { topic: "jobs", partitionIds: [] } });
  open({ $case: "flowControl", value: { credits: 1 } });
});
afterEach(() => {
  vi.useRealTimers();
});

/** What the engine heard of the end of the stream. */
const ends = (): string[] =>
  engine.kinds().filter((kind) => kind === "stream.half-close" || kind === "stream.cancel");

const streamId = (): number => {
  const [first] = engine.events;
  return first?.kind === "stream.filter" ? first.streamId : -1;
};

it("an end that a cancel follows is a cancel, and no half-close before it", () => {
  engine.deliver(streamId());
  expect(call.written).toHaveLength(1);
  call.emit("end");
  vi.advanceTimersByTime(APART_MS);
  expect(ends()).toEqual([]);
  call.emit("cancelled");
  expect(ends()).toEqual(["stream.cancel"]);
  vi.advanceTimersByTime(SURELY_MS);
  expect(ends()).toEqual(["stream.cancel"]);
  expect(engine.carrier.openStreams).toBe(0);
});

it("an end that nothing follows is a half-close, after which the stream ends with OK", () => {
  call.emit("end");
  vi.advanceTimersByTime(SURELY_MS);
  expect(ends()).toEqual(["stream.half-close"]);
  engine.carrier.emit({ kind: "stream.end", streamId: streamId() });
  expect([call.isEnded, call.errors]).toEqual([true, []]);
});

it("a half-closed stream may still be cancelled", () => {
  call.emit("end");
  vi.advanceTimersByTime(SURELY_MS);
  call.emit("cancelled");
  expect(ends()).toEqual(["stream.half-close", "stream.cancel"]);
});

it("so may one whose half-close is held back, as long as credits wait for room", () => {
  call.emit("data", {
    kind: { $case: "flowControl", value: { credits: 2 * FIRST_WINDOW_ITEMS } },
  });
  call.emit("end");
  vi.advanceTimersByTime(SURELY_MS);
  expect(ends()).toEqual([]);
  call.emit("cancelled");
  expect(ends()).toEqual(["stream.cancel"]);
});

it("items that come while the end is in doubt are still written", () => {
  call.emit("end");
  engine.deliver(streamId());
  expect(call.written).toHaveLength(1);
  vi.advanceTimersByTime(SURELY_MS);
  expect(ends()).toEqual(["stream.half-close"]);
});

it("a stream that the engine ends while the end is in doubt hears nothing more", () => {
  call.emit("end");
  engine.carrier.emit({ kind: "stream.end", streamId: streamId() });
  call.emit("cancelled");
  vi.advanceTimersByTime(SURELY_MS);
  expect(ends()).toEqual([]);
  expect([call.isEnded, call.errors]).toEqual([true, []]);
});
