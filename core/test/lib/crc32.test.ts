import { crc32 as zlibCrc32 } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { crc32 } from "../../src/lib/crc32.js";

test("matches the published check value of CRC-32 (IEEE)", () => {
  const bytes = new TextEncoder().encode("123456789");
  expect(crc32(bytes, 0, bytes.length)).toBe(0xcbf43926);
});

test("agrees with zlib on any bytes and any range", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, cut) => {
      const from = Math.min(cut, bytes.length);
      expect(crc32(bytes, from, bytes.length)).toBe(zlibCrc32(bytes.subarray(from)));
    }),
  );
});
