// The text of an id, against the 128 bits that it stands for.
import fc from "fast-check";
import { expect, it } from "vitest";
import { idEnd, idStart } from "../../src/session/message-id.js";

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const below = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });

it("is 48 bits of time, 24 of group, 42 of index and 14 of offset, five to a character", () => {
  fc.assert(
    fc.property(
      fc.maxSafeInteger().map((value) => Math.abs(value) % 2 ** 48),
      below(24),
      fc.maxSafeInteger().map((value) => Math.abs(value) % 2 ** 42),
      below(14),
      (stampMs, group, index, offset) => {
        let bits =
          (BigInt(stampMs) << 80n) |
          (BigInt(group) << 56n) |
          (BigInt(index) << 14n) |
          BigInt(offset);
        let text = "";
        for (let place = 0; place < 26; place += 1) {
          text = alphabet.charAt(Number(bits & 31n)) + text;
          bits >>= 5n;
        }
        const place = { stampMs, group, index };
        expect(idStart(place) + idEnd(place, offset)).toBe(text);
      },
    ),
  );
});
