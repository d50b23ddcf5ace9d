import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MalformedInput, Reader } from "../../src/lib/bytes.js";
import {
  BLOCK_HEADER_BYTES,
  decodeBlock,
  eachEntry,
  encodeBlock,
  type EntryView,
  type NewEntry,
} from "../../src/wire/blocks.js";
import { encodeIntent, readIntent } from "../../src/wire/intents.js";
import { index, intent, u32, u48, u8 } from "../support/arbitraries.js";

const entry: fc.Arbitrary<NewEntry> = fc.record({
  kind: u8,
  stampMs: u48,
  seedHi: u32,
  seedLo: u32,
  intents: fc.array(intent.map(encodeIntent), { maxLength: 4 }),
});
const entries = fc.array(entry, { minLength: 1, maxLength: 6 });
const place = fc.record({ group: u32, first: index, term: u32, prevTerm: u32 });

function entriesOf(bytes: Uint8Array, from: number, to: number): EntryView[] {
  const views: EntryView[] = [];
  eachEntry(decodeBlock(bytes), from, to, (view) => views.push(view));
  return views;
}

function oneEntry(stampMs = 7): NewEntry {
  return { kind: 1, stampMs, seedHi: 1, seedLo: 2, intents: [encodeIntent({ kind: "tick" })] };
}

describe("a block", () => {
  test("golden: a log written today must open tomorrow", () => {
    const block = encodeBlock(2, 2 ** 33 + 5, 3, 2, [oneEntry()]);
    expect(Buffer.from(block.bytes).toString("hex")).toBe(
      "010002000000050000000200010003000000020000001a000000070000000000000035390de11600000001070000000000010000000200000001000100000009",
    );
  });

  test("a pair of flips at matching distances in head and entries does not cancel out", () => {
    const bytes = encodeBlock(2, 5, 3, 2, [oneEntry()]).bytes.slice();
    bytes[33] ^= 1;
    bytes[bytes.length - 1] ^= 1;
    expect(() => decodeBlock(bytes)).toThrow(/checksum/);
  });

  test("decodes to the header it was made with, on the very same bytes", () => {
    fc.assert(
      fc.property(place, entries, ({ group, first, term, prevTerm }, list) => {
        const made = encodeBlock(group, first, term, prevTerm, list);
        const read = decodeBlock(made.bytes);
        expect(read).toEqual(made);
        expect(read.bytes).toBe(made.bytes);
        expect(read.count).toBe(list.length);
        expect(read.lastStampMs).toBe(list[list.length - 1].stampMs);
      }),
    );
  });

  test("gives its entries back, and any range of them", () => {
    fc.assert(
      fc.property(place, entries, fc.nat(5), fc.nat(5), (p, list, a, b) => {
        const { bytes } = encodeBlock(p.group, p.first, p.term, p.prevTerm, list);
        const from = Math.min(a, list.length - 1);
        const to = Math.max(from, Math.min(b, list.length - 1));
        const views = entriesOf(bytes, p.first + from, p.first + to);
        expect(views.map((v) => v.index - p.first)).toEqual(
          list.map((_, i) => i).slice(from, to + 1),
        );
        views.forEach((view, i) => {
          const { intents, ...head } = list[from + i];
          expect(view).toMatchObject({ ...head, term: p.term, intentCount: intents.length });
          const r = new Reader(view.bytes, view.intentsFrom, view.to);
          for (const expected of intents) expect(encodeIntent(readIntent(r))).toEqual(expected);
          r.expectEnd();
        });
      }),
    );
  });
});

describe("damage", () => {
  test("a flipped bit anywhere is noticed", () => {
    fc.assert(
      fc.property(place, entries, fc.nat(), (p, list, at) => {
        const bytes = encodeBlock(p.group, p.first, p.term, p.prevTerm, list).bytes.slice();
        const bit = at % (bytes.length * 8);
        bytes[bit >> 3] ^= 1 << (bit & 7);
        expect(() => decodeBlock(bytes)).toThrow(MalformedInput);
      }),
      { numRuns: 500 },
    );
  });

  test("a burst of up to 32 bits is noticed", () => {
    fc.assert(
      fc.property(entries, fc.nat(), fc.integer({ min: 1, max: 4294967295 }), (list, at, burst) => {
        const bytes = encodeBlock(1, 1, 1, 0, list).bytes.slice();
        const view = new DataView(bytes.buffer);
        const place = at % (bytes.length - 3);
        view.setUint32(place, (view.getUint32(place, true) ^ burst) >>> 0, true);
        expect(() => decodeBlock(bytes)).toThrow(MalformedInput);
      }),
      { numRuns: 500 },
    );
  });

  test("a block cut short or grown is noticed", () => {
    fc.assert(
      fc.property(entries, fc.nat(), (list, cut) => {
        const { bytes } = encodeBlock(1, 1, 1, 0, list);
        expect(() => decodeBlock(bytes.subarray(0, cut % bytes.length))).toThrow(MalformedInput);
        const longer = new Uint8Array(bytes.length + 1);
        longer.set(bytes);
        expect(() => decodeBlock(longer)).toThrow(MalformedInput);
      }),
    );
  });

  test("zeros are no block", () => {
    expect(() => decodeBlock(new Uint8Array(BLOCK_HEADER_BYTES))).toThrow(MalformedInput);
    expect(() => decodeBlock(new Uint8Array(0))).toThrow(MalformedInput);
  });
});
