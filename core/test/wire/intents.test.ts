import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MalformedInput, Reader, Writer } from "../../src/lib/bytes.js";
import { decodeIntent, encodeIntent, readIntent } from "../../src/wire/intents.js";
import { intent, intentKinds } from "../support/arbitraries.js";

describe.each(Object.entries(intentKinds))("%s", (_, arbitrary) => {
  test("is read back as it was written", () => {
    fc.assert(
      fc.property(arbitrary, (i) => {
        expect(decodeIntent(encodeIntent(i))).toEqual(i);
      }),
    );
  });

  test("cut short or lengthened it is malformed", () => {
    fc.assert(
      fc.property(arbitrary, fc.nat(), (i, cut) => {
        const bytes = encodeIntent(i);
        expect(() => decodeIntent(bytes.subarray(0, cut % bytes.length))).toThrow(MalformedInput);
        const longer = new Uint8Array(bytes.length + 1);
        longer.set(bytes);
        expect(() => decodeIntent(longer)).toThrow(MalformedInput);
        // The length inside counts, not only the bytes around it.
        new DataView(longer.buffer).setUint32(0, bytes.length - 3, true);
        expect(() => decodeIntent(longer)).toThrow(MalformedInput);
      }),
    );
  });
});

test("intents stand one behind the other, as in an entry", () => {
  fc.assert(
    fc.property(fc.array(intent, { maxLength: 10 }), (list) => {
      const w = new Writer();
      for (const i of list) w.raw(encodeIntent(i));
      const r = new Reader(w.finish());
      for (const i of list) expect(readIntent(r)).toEqual(i);
      r.expectEnd();
    }),
  );
});

test("goldens: entries in a log must stay readable", () => {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
  const mac = Uint8Array.from({ length: 16 }, (_, i) => i);
  const token = { index: 2 ** 33 + 1, offset: 2, fence: 3, mac };
  expect(hex(encodeIntent({ kind: "tick" }))).toBe("0100000009");
  expect(hex(encodeIntent({ kind: "ack", token }))).toBe(
    "1d000000030100000002000200030000" + "00000102030405060708090a0b0c0d0e0f",
  );
  expect(
    hex(
      encodeIntent({
        kind: "enqueue",
        priorityHi: -2147483648,
        priorityLo: 4294967295,
        payload: Uint8Array.of(0xca, 0xfe),
        producer: { producerId: "p", epochHi: 1, epochLo: 2, sequenceHi: 3, sequenceLo: 4 },
        maxRetries: 5,
        delayMs: 6,
      }),
    ),
  ).toBe(
    "2d000000010300000080ffffffff060000000000050000000100700100000002000000030000000400000002000000cafe",
  );
});

test("an unknown kind is refused by its number", () => {
  expect(() => decodeIntent(Uint8Array.of(1, 0, 0, 0, 99))).toThrow("intent kind 99 is unknown");
});
