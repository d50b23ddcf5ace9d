// What the writer knows of gRPC; what every carrier promises is in carrier-conformance.test.ts.

import { describe, expect, it } from "vitest";
import { PopWriter, TRANSPORT_BYTES } from "../../src/grpc/pop-writer.js";
import { writePopItem } from "../../src/grpc/replies.js";
import { HandSink } from "../support/hand-sink.js";
import { ITEM } from "../support/hand-engine.js";

it("W4: gRPC takes items only while less than the first HTTP/2 window is under way", () => {
  const sink = new HandSink();
  const rooms: number[] = [];
  const writer: PopWriter = new PopWriter({
    sink,
    nowMs: () => 0,
    encode: writePopItem,
    onWritten: () => undefined,
    onRoom: () => rooms.push(writer.waiting),
    report: { written: () => undefined, returned: () => undefined, drained: () => undefined },
  });
  for (let i = 0; i < 3; i += 1) {
    writer.add({ ...ITEM, payload: new Uint8Array(TRANSPORT_BYTES) }, 1000);
  }
  expect(sink.written).toHaveLength(1);
  expect(writer.isBlocked).toBe(true);
  // What has left makes room by itself, before any "drain".
  sink.leave();
  expect(sink.written).toHaveLength(2);
  sink.drain();
  expect(sink.written).toHaveLength(3);
  expect(rooms.at(-1)).toBe(0);
});

describe("an item that no first window holds", () => {
  const staged = () => {
    const sink = new HandSink();
    const told: string[] = [];
    const writer = new PopWriter({
      sink,
      nowMs: () => 0,
      encode: writePopItem,
      onWritten: () => undefined,
      onRoom: () => undefined,
      report: {
        written: (count) => told.push(`written ${count}`),
        returned: (count) => told.push(`returned ${count}`),
        drained: () => told.push("drained"),
      },
    });
    const add = (bytes: number): void => {
      writer.add({ ...ITEM, payload: new Uint8Array(bytes) }, 1000);
    };
    add(TRANSPORT_BYTES);
    const later = () => new Promise(setImmediate);
    return { sink, told, writer, add, later };
  };

  it("counts when its last byte has left", async () => {
    const { sink, told, later } = staged();
    await later();
    expect(told).toEqual([]);
    sink.leave();
    await later();
    expect(told).toEqual(["written 1"]);
  });

  it("is left to a cancel before that, and to no later word", async () => {
    const { sink, told, writer, later } = staged();
    writer.cancel();
    sink.leave();
    await later();
    expect(told).toEqual([]);
  });

  it("counts before what goes back behind it, and at the end of the stream, which it still reaches", () => {
    const recalled = staged();
    recalled.add(1);
    recalled.add(1);
    recalled.writer.recall();
    expect(recalled.told).toEqual(["written 1", "returned 2"]);
    const ended = staged();
    ended.writer.end();
    expect(ended.told).toEqual(["written 1"]);
  });
});
