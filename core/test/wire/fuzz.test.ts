// Bytes from outside: whatever they are, a decoder gives a value or throws MalformedInput, nothing else.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MalformedInput, Reader, utf8Decode, Writer } from "../../src/lib/bytes.js";
import { crc32 } from "../../src/lib/crc32.js";
import { decodeBlock } from "../../src/wire/blocks.js";
import {
  decodeHardState,
  decodeNodeRecord,
  decodeTurnRecord,
} from "../../src/wire/disk-records.js";
import { decodeFrame } from "../../src/wire/frames.js";
import { decodeIntent, encodeIntent } from "../../src/wire/intents.js";
import { readMessage, writeMessage } from "../../src/wire/message-codec.js";
import { intent, message } from "../support/arbitraries.js";

function expectNoCrash(decode: () => unknown): void {
  try {
    decode();
  } catch (error) {
    if (!(error instanceof MalformedInput)) throw error;
  }
}

const junk = fc.uint8Array({ maxLength: 120 });
/** Bytes of text that is nearly right: leads and continuations in any order. */
const nearText = fc.uint8Array({ maxLength: 12 }).map((bytes) => bytes.map((b) => b | 0x80));

/** Replaces a few bytes of a valid encoding, so that the decoder gets past its first checks. */
function damaged(encoded: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
  return fc.tuple(encoded, changes).map(([bytes, list]) => {
    const copy = bytes.slice();
    for (const [at, value] of list) copy[at % copy.length] = value;
    return copy;
  });
}

const encodedMessage = message.map((m) => {
  const w = new Writer();
  writeMessage(w, m);
  return w.finish();
});

describe("random and damaged bytes are refused as malformed or read", () => {
  test("UTF-8", () => {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    fc.assert(
      fc.property(fc.oneof(junk, nearText), (bytes) => {
        let expected: string | undefined;
        try {
          expected = decoder.decode(bytes);
        } catch {
          expected = undefined;
        }
        if (expected === undefined) expect(() => utf8Decode(bytes)).toThrow(MalformedInput);
        else expect(utf8Decode(bytes)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });

  test("messages", () => {
    const bytes = fc.oneof(junk, damaged(encodedMessage));
    fc.assert(
      fc.property(bytes, (b) => expectNoCrash(() => readMessage(new Reader(b)))),
      { numRuns: 3000 },
    );
  });

  test("intents", () => {
    const bytes = fc.oneof(junk, damaged(intent.map(encodeIntent)));
    fc.assert(
      fc.property(bytes, (b) => expectNoCrash(() => decodeIntent(b))),
      { numRuns: 3000 },
    );
  });

  test("frames with a right checksum around wrong contents", () => {
    fc.assert(
      fc.property(fc.oneof(junk, encodedMessage), fc.nat(3), (body, count) => {
        const w = new Writer().u32(0x44534850).u32(0).u32(1).u32(2).u16(1).u32(1).u32(count).u16(0);
        const frame = w.blob(body).finish();
        new DataView(frame.buffer).setUint32(4, crc32(frame, 8, frame.length), true);
        expectNoCrash(() => decodeFrame(frame, crc32));
      }),
      { numRuns: 1000 },
    );
  });

  test("blocks and disk records", () => {
    fc.assert(
      fc.property(junk, (bytes) => {
        for (const decode of [decodeBlock, decodeHardState, decodeNodeRecord, decodeTurnRecord]) {
          expectNoCrash(() => decode(bytes));
        }
      }),
    );
  });
});
