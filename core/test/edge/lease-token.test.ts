import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeLeaseToken, encodeLeaseToken } from "../../src/edge/lease-token.js";
import { group, index, mac, offset, u32 } from "../support/arbitraries.js";

const token = fc.record({ group, index, offset, fence: u32, mac });

test("golden: a token that a consumer holds must stay readable", () => {
  const bytes = Uint8Array.from({ length: 16 }, (_, i) => 0xf0 + i);
  const text = encodeLeaseToken({
    group: 258,
    index: 2 ** 41 + 5,
    offset: 9,
    fence: 30,
    mac: bytes,
  });
  expect(text).toBe("0000001eAAECgAAAAAFACfDx8vP09fb3-Pn6-_z9_v8");
});

test("43 characters that give every part back", () => {
  fc.assert(
    fc.property(token, (t) => {
      const text = encodeLeaseToken(t);
      expect(text).toMatch(/^[0-9a-f]{8}[A-Za-z0-9_-]{35}$/);
      expect(decodeLeaseToken(text)).toEqual(t);
    }),
  );
});

test("tokens of one message sort as text in the order of their fences", () => {
  fc.assert(
    fc.property(token, u32, (t, fence) => {
      const a = encodeLeaseToken(t);
      const b = encodeLeaseToken({ ...t, fence });
      expect(Math.sign(a < b ? -1 : a > b ? 1 : 0)).toBe(Math.sign(t.fence - fence));
    }),
  );
});

test("one token has one text: other spellings are refused", () => {
  fc.assert(
    fc.property(
      token,
      fc.nat(42),
      fc.constantFrom(..."AZaz09-_+/= .\u00e9"),
      (t, at, character) => {
        const text = encodeLeaseToken(t);
        const changed = text.slice(0, at) + character + text.slice(at + 1);
        const decoded = decodeLeaseToken(changed);
        if (decoded) expect(encodeLeaseToken(decoded)).toBe(changed);
      },
    ),
  );
});

test("any text decodes to a token or to nothing", () => {
  const near = fc.string({
    unit: fc.constantFrom(..."0123456789abcdefABZ-_"),
    minLength: 42,
    maxLength: 44,
  });
  fc.assert(
    fc.property(fc.oneof(fc.string(), near), (text) => {
      const decoded = decodeLeaseToken(text);
      if (decoded) expect(encodeLeaseToken(decoded)).toBe(text);
    }),
  );
});

test("upper-case hex, padding and a wrong length are refused", () => {
  const text = encodeLeaseToken({
    group: 1,
    index: 1,
    offset: 0,
    fence: 0xabc,
    mac: new Uint8Array(16),
  });
  for (const wrong of ["", text.slice(1), `${text}=`, text.toUpperCase(), `0x${text.slice(2)}`]) {
    expect(decodeLeaseToken(wrong), wrong).toBeUndefined();
  }
});
