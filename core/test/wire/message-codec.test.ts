import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MalformedInput, Reader, Writer } from "../../src/lib/bytes.js";
import { readMessage, writeMessage } from "../../src/wire/message-codec.js";
import type { PeerMessage } from "../../src/wire/messages.js";
import { messageKinds } from "../support/arbitraries.js";

function encode(message: PeerMessage): Uint8Array {
  const w = new Writer();
  writeMessage(w, message);
  return w.finish();
}

describe.each(Object.entries(messageKinds))("%s", (_, arbitrary) => {
  test("is read back as it was written, to the last byte", () => {
    fc.assert(
      fc.property(arbitrary, (message) => {
        const r = new Reader(encode(message));
        expect(readMessage(r)).toEqual(message);
        r.expectEnd();
      }),
    );
  });

  test("cut short anywhere it is malformed", () => {
    fc.assert(
      fc.property(arbitrary, fc.nat(), (message, cut) => {
        const bytes = encode(message);
        const shorter = bytes.subarray(0, cut % bytes.length);
        expect(() => readMessage(new Reader(shorter))).toThrow(MalformedInput);
      }),
    );
  });
});

test("every kind has its own first byte", () => {
  const kinds = new Set<number>();
  for (const arbitrary of Object.values(messageKinds)) {
    for (const message of fc.sample(arbitrary, 3)) kinds.add(encode(message)[0]);
  }
  expect(kinds.size).toBe(Object.keys(messageKinds).length);
});

test("an unknown kind is refused by its number", () => {
  for (const kind of [0, 11, 31, 40, 255]) {
    const w = new Writer().u8(kind);
    for (let i = 0; i < 16; i += 1) w.u32(0);
    expect(() => readMessage(new Reader(w.finish()))).toThrow(`message kind ${kind} is unknown`);
  }
});

test("what outlives the frame is a copy: blocks of an append, the intent of a request", () => {
  const head = { group: 1, incarnation: 1, term: 1, prevIndex: 0, prevTerm: 0, commit: 0 };
  const append = encode({
    kind: "append",
    ...head,
    seq: 1,
    isStart: true,
    blocks: [{ bytes: Uint8Array.of(1, 2, 3), use: 1 }],
  });
  const request = encode({
    kind: "request",
    edgeIncarnation: 1,
    requestId: 1,
    attempt: 1,
    isOnce: true,
    group: 1,
    action: { type: "propose", intent: Uint8Array.of(4, 5, 6) },
  });
  const a = readMessage(new Reader(append));
  const b = readMessage(new Reader(request));
  append.fill(0);
  request.fill(0);
  expect(a).toMatchObject({ blocks: [{ bytes: Uint8Array.of(1, 2, 3) }] });
  expect(b).toMatchObject({ action: { intent: Uint8Array.of(4, 5, 6) } });
});
