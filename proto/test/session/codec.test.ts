// The codec of sessions, held to the code that protobuf's own compiler makes of the same definitions.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as proto from "../../src/index.js";
import { decode } from "../../src/session/decode.js";
import { type Draft, encode, fieldLength } from "../../src/session/encode.js";
import type { Table } from "../../src/session/fields.js";
import { SESSION_IN, SESSION_OUT } from "../../src/session/index.js";
import { MalformedFrame } from "../../src/session/malformed.js";
import { anyOf, type Fields, generated, readably } from "./frames.js";
import { otherEncoding } from "./other-encodings.js";

interface Generated {
  encode(message: never): { finish(): Uint8Array };
  decode(bytes: Uint8Array): unknown;
}

const sides: [string, Table<object>, Generated][] = [
  ["of a client", SESSION_IN as Table<object>, proto.SessionIn],
  ["of a node", SESSION_OUT as Table<object>, proto.SessionOut],
];

function bytesOf(table: Table<object>, message: Fields): Uint8Array {
  return encode(table, message as Draft<object>);
}

function expectSame(one: unknown, other: unknown): void {
  expect(readably(one)).toEqual(readably(other));
}

describe.each(sides)("frames %s", (_side, table, theirs) => {
  it("are read by the generated code as they were meant", () => {
    fc.assert(
      fc.property(anyOf(table), (message) => {
        const read = theirs.decode(bytesOf(table, message));
        expectSame(read, generated(table, message));
      }),
    );
  });

  it("of the generated code are read as they were meant", () => {
    fc.assert(
      fc.property(anyOf(table), (message) => {
        const bytes = theirs.encode(generated(table, message) as never).finish();
        const read = decode(table, bytes) as Fields;
        expect(readably(generated(table, read))).toEqual(readably(generated(table, message)));
        expect(Buffer.from(bytesOf(table, read))).toEqual(Buffer.from(bytesOf(table, message)));
      }),
    );
  });

  it("mean the same in every legal encoding", () => {
    fc.assert(
      fc.property(
        anyOf(table),
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        (message, draws) => {
          const draw = (): number => draws.next().value;
          const other = otherEncoding(table, bytesOf(table, message), draw);
          expectSame(generated(table, decode(table, other) as Fields), generated(table, message));
        },
      ),
    );
  });

  it("that are cut or changed are refused as malformed, or read", () => {
    const change = fc.record({ at: fc.nat(), by: fc.integer({ min: 1, max: 255 }), cut: fc.nat() });
    fc.assert(
      fc.property(anyOf(table), change, (message, { at, by, cut }) => {
        const bytes = Buffer.from(bytesOf(table, message));
        if (bytes.length === 0) return;
        bytes.writeUInt8(bytes.readUInt8(at % bytes.length) ^ by, at % bytes.length);
        for (const frame of [bytes, bytes.subarray(0, cut % bytes.length)]) {
          try {
            decode(table, frame);
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedFrame);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("are as long inside of another message as was said", () => {
    fc.assert(
      fc.property(anyOf(table), (message) => {
        const { length } = bytesOf(table, message);
        const head = length < 128 ? 2 : length < 16384 ? 3 : 4;
        expect(fieldLength(table, message as Draft<object>)).toBe(head + length);
      }),
    );
  });
});
