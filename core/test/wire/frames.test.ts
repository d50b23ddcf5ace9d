import { crc32 as zlibCrc32 } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { MalformedInput } from "../../src/lib/bytes.js";
import { crc32, type Crc32 } from "../../src/lib/crc32.js";
import { decodeFrame, FrameBuilder } from "../../src/wire/frames.js";
import type { PeerMessage } from "../../src/wire/messages.js";
import { message, u16, u32 } from "../support/arbitraries.js";

const head = fc.record({
  clusterHi: u32,
  clusterLo: u32,
  sender: u16,
  senderIncarnation: u32,
});
const messages = fc.array(message, { maxLength: 8 });
const HEAD = { clusterHi: 1, clusterLo: 2, sender: 3, senderIncarnation: 4 };
const DIGEST: PeerMessage = { kind: "digest.request", group: 5, edgeIncarnation: 6, stream: 7 };

function frameOf(list: readonly PeerMessage[], h = HEAD): Uint8Array {
  const builder = new FrameBuilder(h, crc32);
  for (const m of list) builder.add(m);
  return builder.take();
}

test("golden: nodes of one version understand each other byte for byte", () => {
  const hex = Buffer.from(frameOf([DIGEST])).toString("hex");
  expect(hex).toBe(
    "504853442c9418af01000000020000000300040000000100000000000f000000270500000006000000070000000000",
  );
});

test("a frame gives its head and its messages back, frame after frame", () => {
  fc.assert(
    fc.property(head, messages, messages, (h, first, second) => {
      const builder = new FrameBuilder(h, crc32);
      for (const list of [first, second]) {
        for (const m of list) builder.add(m);
        expect(builder.count).toBe(list.length);
        expect(decodeFrame(builder.take(), crc32)).toEqual({ ...h, messages: list });
        expect(builder.count).toBe(0);
      }
    }),
  );
});

test("an injected native checksum makes the same frames", () => {
  const native: Crc32 = (bytes, from, to) => zlibCrc32(bytes.subarray(from, to));
  fc.assert(
    fc.property(messages, (list) => {
      const builder = new FrameBuilder(HEAD, native);
      for (const m of list) builder.add(m);
      expect(builder.take()).toEqual(frameOf(list));
    }),
  );
});

test("one flipped bit anywhere is noticed", () => {
  fc.assert(
    fc.property(messages, fc.nat(), (list, at) => {
      const frame = frameOf(list);
      const bit = at % (frame.length * 8);
      frame[bit >> 3] ^= 1 << (bit & 7);
      expect(() => decodeFrame(frame, crc32)).toThrow(MalformedInput);
    }),
  );
});

test("a cut or lengthened frame is refused whole", () => {
  fc.assert(
    fc.property(messages, fc.nat(), (list, cut) => {
      const frame = frameOf(list);
      expect(() => decodeFrame(frame.subarray(0, cut % frame.length), crc32)).toThrow(
        MalformedInput,
      );
      const longer = new Uint8Array(frame.length + 1);
      longer.set(frame);
      expect(() => decodeFrame(longer, crc32)).toThrow(MalformedInput);
    }),
  );
});

/** The frame with something changed and its checksum made right again. */
function resealed(frame: Uint8Array, change: (view: DataView) => void): Uint8Array {
  const copy = frame.slice();
  const view = new DataView(copy.buffer);
  change(view);
  view.setUint32(4, crc32(copy, 8, copy.length), true);
  return copy;
}

test("a right checksum does not save a wrong structure", () => {
  const frame = frameOf([DIGEST, DIGEST]);
  const wrong = [
    resealed(frame, (v) => v.setUint32(22, 1, true)),
    resealed(frame, (v) => v.setUint32(22, 3, true)),
    resealed(frame, (v) => v.setUint32(28, 1, true)),
    resealed(frame, (v) => v.setUint32(28, 4294967295, true)),
    resealed(frame, (v) => v.setUint32(28, v.getUint32(28, true) + 1, true)),
  ];
  for (const bytes of wrong) expect(() => decodeFrame(bytes, crc32)).toThrow(MalformedInput);
  expect(
    decodeFrame(
      resealed(frame, () => undefined),
      crc32,
    ).messages,
  ).toHaveLength(2);
});

test("another magic number is another protocol", () => {
  const frame = frameOf([]);
  frame[0] ^= 1;
  expect(() => decodeFrame(frame, crc32)).toThrow("magic");
});
