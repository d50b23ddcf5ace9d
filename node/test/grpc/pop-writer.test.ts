// What the writer knows of gRPC; what every carrier promises is in carrier-conformance.test.ts.

import { expect, it } from "vitest";
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
