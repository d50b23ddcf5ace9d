import { crc32 } from "@disheap/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { machineCrc32 } from "../../src/crc/index.js";

test("native and own code give the same sum, on both sides of the size at which they change", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2048 }), fc.nat(300), fc.nat(300), (bytes, a, b) => {
      const from = Math.min(a, bytes.length);
      const to = Math.max(from, bytes.length - b);
      expect(machineCrc32(bytes, from, to)).toBe(crc32(bytes, from, to));
    }),
  );
});

test("at every length around the change", () => {
  const bytes = Uint8Array.from({ length: 600 }, (_, i) => (i * 37) & 255);
  for (let to = 0; to <= bytes.length; to += 1) {
    expect(machineCrc32(bytes, 0, to)).toBe(crc32(bytes, 0, to));
  }
});
