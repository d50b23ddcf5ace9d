import fc from "fast-check";
import { expect, test } from "vitest";
import {
  decodeMessageId,
  encodeMessageId,
  INDEX_MAX,
  OFFSETS_PER_ENTRY,
  readPlace,
  writePlace,
} from "../../src/lib/ulid.js";
import { group, index, offset, u48 } from "../support/arbitraries.js";

const parts = fc.record({ stampMs: u48, group, index, offset });

test("goldens: ids that are stored somewhere must never read differently", () => {
  expect(encodeMessageId(0, 0, 0, 0)).toBe("00000000000000000000000000");
  expect(encodeMessageId(0, 0, 0, 1)).toBe("00000000000000000000000001");
  expect(encodeMessageId(0, 0, 1, 0)).toBe("00000000000000000000000G00");
  expect(encodeMessageId(0, 1, 0, 0)).toBe("00000000000000200000000000");
  expect(encodeMessageId(1_700_000_000_000, 7, 123_456_789, 42)).toBe("01HF7YAT000000E001TVSMAG1A");
  expect(encodeMessageId(2 ** 48 - 1, 2 ** 24 - 1, INDEX_MAX, OFFSETS_PER_ENTRY - 1)).toBe(
    "7ZZZZZZZZZZZZZZZZZZZZZZZZZ",
  );
});

test("an id decodes to its parts", () => {
  fc.assert(
    fc.property(parts, (p) => {
      const id = encodeMessageId(p.stampMs, p.group, p.index, p.offset);
      expect(id).toMatch(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
      expect(decodeMessageId(id)).toEqual(p);
      expect(decodeMessageId(id.toLowerCase())).toEqual(p);
    }),
  );
});

test("ids sort as text like (stamp, group, index, offset)", () => {
  fc.assert(
    fc.property(parts, parts, (a, b) => {
      const order =
        a.stampMs - b.stampMs || a.group - b.group || a.index - b.index || a.offset - b.offset;
      const x = encodeMessageId(a.stampMs, a.group, a.index, a.offset);
      const y = encodeMessageId(b.stampMs, b.group, b.index, b.offset);
      expect(x < y ? -1 : x > y ? 1 : 0).toBe(Math.sign(order));
    }),
  );
});

test("text that is no id is refused", () => {
  const id = encodeMessageId(5, 6, 7, 8);
  const wrong = [
    "",
    id.slice(1),
    `${id}0`,
    `8${id.slice(1)}`,
    `${id.slice(0, 25)}U`,
    `${id.slice(0, 25)}-`,
  ];
  for (const w of wrong) expect(decodeMessageId(w), w).toBeUndefined();
});

test("a letter that only turns into one of ours in upper case is refused", () => {
  // U+FB06, a ligature, is "ST" in upper case; U+017F, the long s, is "S".
  const id = encodeMessageId(1, 1, 1, 1);
  for (const letter of ["\uFB06", "\u017F"]) {
    expect(decodeMessageId(id.slice(0, 25) + letter)).toBeUndefined();
  }
});

test("any text decodes to parts in range or to nothing", () => {
  const near = fc.string({
    unit: fc.constantFrom(..."0123456789ABCDEFGHJKMNPQRSTVWXYZilou-"),
    minLength: 25,
    maxLength: 27,
  });
  fc.assert(
    fc.property(fc.oneof(fc.string(), near), (s) => {
      const p = decodeMessageId(s);
      if (p) expect(encodeMessageId(p.stampMs, p.group, p.index, p.offset)).toBe(s.toUpperCase());
    }),
  );
});

test("a place fills exactly its ten bytes", () => {
  fc.assert(
    fc.property(group, index, offset, fc.nat(4), (g, i, o, at) => {
      const out = new Uint8Array(at + 12).fill(0xaa);
      writePlace(out, at, g, i, o);
      expect(readPlace(out, at)).toEqual({ group: g, index: i, offset: o });
      expect([...out.subarray(0, at), ...out.subarray(at + 10)].every((b) => b === 0xaa)).toBe(
        true,
      );
    }),
  );
});
