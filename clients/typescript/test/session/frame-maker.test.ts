// What goes into a frame: within the window, the numbers and the sizes that the node said.
import { EnqueueReq } from "@disheap/proto";
import { describe, expect, it } from "vitest";
import { Calls } from "../../src/session/calls.js";
import { FrameMaker } from "../../src/session/frame-maker.js";
import type { Row } from "../../src/session/row.js";

const MIB = 1024 * 1024;
const limits = {
  level: 1,
  node: "n1",
  frameBytesMax: 4 * MIB,
  messageBytesMax: 4 * MIB,
  rowsMax: 10,
  callsMax: 3,
  handlesMax: 2,
  deliveriesMax: 10,
};

function maker(windowBytes = MIB): FrameMaker {
  const frames = new FrameMaker(new Calls("here:1"));
  frames.limits(limits);
  frames.windowBytesMax = windowBytes;
  return frames;
}

function enqueue(topic: string, bytes = 1): Row {
  const request = EnqueueReq.create({ topic, payload: new Uint8Array(bytes) });
  const hear = (): void => undefined;
  return { kind: "enqueue", name: "", topic, request, sinceMs: 0, resolve: hear, reject: hear };
}

/** Rows of the calls of the next frame. */
const next = (frames: FrameMaker) =>
  frames.next()?.enqueue?.map(({ length }) => (length?.length ?? 0) / 4);

describe("a frame", () => {
  it("has no more payload than the window, which what was sent has used up for good", () => {
    const frames = maker(250);
    for (let row = 0; row < 4; row += 1) frames.push(enqueue("a", 100));
    expect(next(frames)).toEqual([2]);
    expect(next(frames)).toBeUndefined();
    frames.windowBytesMax = 399;
    expect(next(frames)).toEqual([1]);
    frames.windowBytesMax = 400;
    expect(next(frames)).toEqual([1]);
    expect(frames.isEmpty).toBe(true);
  });

  it("has no more calls than may be under way, and calls no more rows than they may have", () => {
    const frames = maker();
    for (let row = 0; row < 45; row += 1) frames.push(enqueue("a"));
    expect(next(frames)).toEqual([10, 10, 10]);
    expect(next(frames)).toBeUndefined();
  });

  it("binds a topic the first time, and no more of them than there are handles", () => {
    const frames = maker();
    frames.push(enqueue("a"));
    expect(frames.next()?.topic).toEqual([{ handle: 1, topic: "a" }]);
    frames.push(enqueue("a"));
    frames.push(enqueue("b"));
    expect(frames.next()?.topic).toEqual([{ handle: 2, topic: "b" }]);
    expect([frames.knows("a"), frames.knows("b"), frames.knows("c")]).toEqual([true, true, false]);
    expect([1, 2, 3].map((handle) => frames.topicOf(handle))).toEqual(["a", "b", undefined]);
  });

  it("has the credits and marks of one round together, also without a call", () => {
    const frames = maker();
    frames.openConsumer("a", { partition: [0], visibilityMs: undefined });
    for (const credits of [3, 4]) frames.credit(credits);
    for (const delivery of [1, 2, 4]) frames.started(delivery, 1);
    expect(frames.next()).toMatchObject({
      consumer: [{ handle: 1, topic: 1, partition: [0], reportsStarted: true }],
      credit: [{ consumer: 1, count: 7 }],
      started: [
        { firstDelivery: 1, count: 2 },
        { firstDelivery: 4, count: 1 },
      ],
    });
    expect([frames.next(), frames.isEmpty]).toEqual([undefined, true]);
  });
});
