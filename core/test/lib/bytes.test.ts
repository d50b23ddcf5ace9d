import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MalformedInput, Reader, utf8Decode, utf8Encode, Writer } from "../../src/lib/bytes.js";
import { bytes, i32, text, u16, u32, u48, u8 } from "../support/arbitraries.js";

describe("Writer and Reader", () => {
  test("give back every field, whatever was written before it", () => {
    const field = fc.oneof(
      u8.map((value) => ({ type: "u8" as const, value })),
      u16.map((value) => ({ type: "u16" as const, value })),
      u32.map((value) => ({ type: "u32" as const, value })),
      i32.map((value) => ({ type: "i32" as const, value })),
      u48.map((value) => ({ type: "u48" as const, value })),
      text.map((value) => ({ type: "text" as const, value })),
      bytes.map((value) => ({ type: "blob" as const, value })),
    );
    fc.assert(
      fc.property(fc.array(field, { maxLength: 30 }), fc.nat(8), (fields, capacity) => {
        const w = new Writer(capacity);
        for (const f of fields) {
          if (f.type === "text") w.text(f.value);
          else if (f.type === "blob") w.blob(f.value);
          else w[f.type](f.value);
        }
        const r = new Reader(w.finish());
        for (const f of fields) expect(r[f.type]()).toEqual(f.value);
        r.expectEnd();
      }),
    );
  });

  test("are little endian", () => {
    const w = new Writer().u16(0x0102).u32(0x03040506).u48(0x0708090a0b0c).i32(-2);
    expect([...w.finish()]).toEqual([
      2, 1, 6, 5, 4, 3, 0x0c, 0x0b, 0x0a, 9, 8, 7, 0xfe, 0xff, 0xff, 0xff,
    ]);
  });

  test("a field that is set later does not move what follows", () => {
    const w = new Writer(4).u32(0).u16(0).text("end");
    w.setU32(0, 4294967295);
    w.setU16(4, 513);
    const r = new Reader(w.finish());
    expect([r.u32(), r.u16(), r.text()]).toEqual([4294967295, 513, "end"]);
  });

  test("a finished copy is not touched by what is written next; peek is a view", () => {
    const w = new Writer(16).u8(1);
    const copy = w.finish();
    w.reset();
    w.u8(9);
    expect([...copy]).toEqual([1]);
    expect([...w.peek()]).toEqual([9]);
  });

  test("a Reader never leaves its range and says how many bytes are left over", () => {
    const r = new Reader(Uint8Array.of(1, 2, 3, 4, 5, 6), 1, 4);
    expect(r.u16()).toBe(0x0302);
    expect(r.left).toBe(1);
    expect(() => r.expectEnd()).toThrow(MalformedInput);
    expect(() => r.u16()).toThrow(MalformedInput);
    expect(r.u8()).toBe(4);
    r.expectEnd();
  });

  test("a length that points outside is malformed, not a crash", () => {
    const w = new Writer().u32(4294967295).u8(7);
    expect(() => new Reader(w.finish()).blob()).toThrow(MalformedInput);
    expect(() => new Reader(Uint8Array.of(5, 0, 65)).text()).toThrow(MalformedInput);
  });

  test("reads a view into a larger buffer at its own offset", () => {
    const whole = Uint8Array.of(9, 9, 1, 0, 0, 0);
    expect(new Reader(whole.subarray(2)).u32()).toBe(1);
  });
});

describe("UTF-8", () => {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  /** Any UTF-16 code units, lone surrogates included. */
  const units = fc
    .array(fc.oneof(fc.nat(0xffff), fc.integer({ min: 0xd7ff, max: 0xe000 })), { maxLength: 30 })
    .map((codes) => String.fromCharCode(...codes));

  test("encodes like TextEncoder, lone surrogates included", () => {
    fc.assert(
      fc.property(units, (s) => {
        expect(utf8Encode(s)).toEqual(encoder.encode(s));
      }),
    );
  });

  test("gives the text back, and decodes like TextDecoder", () => {
    fc.assert(
      fc.property(text, (s) => {
        const encoded = utf8Encode(s);
        expect(utf8Decode(encoded)).toBe(s);
        expect(utf8Decode(encoded)).toBe(decoder.decode(encoded));
      }),
    );
  });

  test("a lead byte without its continuation is malformed", () => {
    for (const wrong of [[0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0x80], [0xbf, 0x41]]) {
      expect(() => utf8Decode(Uint8Array.from(wrong))).toThrow(MalformedInput);
    }
  });
});
