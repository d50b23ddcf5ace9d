import { crc32, decodeFrame, FrameBuilder, type PeerMessage } from "@disheap/core";
import { expect, test } from "vitest";
import { withoutAppends } from "../../src/world/muted.js";

const HEAD = { clusterHi: 1, clusterLo: 2, sender: 1, senderIncarnation: 3 };

const append = (group: number): PeerMessage => ({
  kind: "append",
  group,
  incarnation: 1,
  term: 1,
  seq: 1,
  isStart: true,
  prevIndex: 0,
  prevTerm: 0,
  commit: 0,
  blocks: [],
});
const ASK = { kind: "ask", group: 4, edgeIncarnation: 1, stream: 1, serial: 1, count: 1 } as const;

function frameOf(...messages: readonly PeerMessage[]): Uint8Array {
  const builder = new FrameBuilder(HEAD, crc32);
  for (const message of messages) builder.add(message);
  return builder.take();
}

test("appends of the group go, and all else of the frame stays", () => {
  const left = withoutAppends(frameOf(append(5), append(4), ASK, append(4)), 4);
  expect(left && decodeFrame(left, crc32)).toEqual({ ...HEAD, messages: [append(5), ASK] });
});

test("a frame of nothing else is lost, and one without them is as it was", () => {
  expect(withoutAppends(frameOf(append(4)), 4)).toBeUndefined();
  const other = frameOf(append(5), ASK);
  expect(withoutAppends(other, 4)).toBe(other);
});
