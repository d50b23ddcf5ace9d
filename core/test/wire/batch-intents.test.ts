// Batches in bytes: what they hold comes back, their rows are those of single intents, and what does not add up is
// refused before anything is done with it.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MalformedInput } from "../../src/lib/bytes.js";
import { rowsIn, rowsOf } from "../../src/wire/intent-rows.js";
import { decodeIntent, encodeIntent } from "../../src/wire/intents.js";
import { enqueueMany, settleMany } from "../support/batches.js";
import { intentKinds } from "../support/arbitraries.js";

const TRIPLE = { producerId: "p", epochHi: 0, epochLo: 7, sequenceHi: 3, sequenceLo: 0xfffffffe };
const ROW = { kind: "enqueue", priorityHi: -1, priorityLo: 5, delayMs: 0 } as const;
const ACK = { kind: "settle.many", op: "ack", backoffMs: undefined, extensionMs: 0 } as const;

function row(payload: readonly number[], more = {}): Parameters<typeof enqueueMany>[0][number] {
  const bytes = Uint8Array.from(payload);
  return { ...ROW, payload: bytes, producer: undefined, maxRetries: undefined, ...more };
}

describe("rows", () => {
  test("of enqueues: priorities, payloads, retries and delays of their own, sequences one by one", () => {
    const many = enqueueMany([
      row([1, 2], { producer: TRIPLE, maxRetries: 4 }),
      row([]),
      row([3], { priorityHi: 2147483647, priorityLo: 0, delayMs: 2 ** 40 }),
    ]);
    const [a, b, c] = rowsOf([decodeIntent(encodeIntent(many))]);
    expect(rowsIn(many)).toBe(3);
    expect(a).toEqual(row([1, 2], { producer: TRIPLE, maxRetries: 4 }));
    expect(b).toEqual(row([], { producer: { ...TRIPLE, sequenceLo: 0xffffffff } }));
    const producer = { ...TRIPLE, sequenceHi: 4, sequenceLo: 0 };
    expect(c).toEqual(
      row([3], { producer, priorityHi: 2147483647, priorityLo: 0, delayMs: 2 ** 40 }),
    );
  });

  test("stand between single intents at the places that their offsets say", () => {
    const many = enqueueMany([row([1]), row([2])]);
    const kinds = rowsOf([{ kind: "tick" }, many, { kind: "tick" }]).map(({ kind }) => kind);
    expect(kinds).toEqual(["tick", "enqueue", "enqueue", "tick"]);
  });

  test("of settlements hold the leases, and no MAC", () => {
    const token = { index: 2 ** 42 - 1, offset: 16_383, fence: 2 ** 32 - 1, mac: undefined };
    fc.assert(
      fc.property(intentKinds["settle.many"], (intent) => {
        const rows = rowsOf([decodeIntent(encodeIntent(intent))]);
        expect(settleMany(rows as Parameters<typeof settleMany>[0])).toEqual(intent);
      }),
    );
    expect(rowsOf([settleMany([{ kind: "ack", token }])])).toEqual([{ kind: "ack", token }]);
  });
});

describe("refused", () => {
  const refused = (intent: Parameters<typeof encodeIntent>[0], says: string): void => {
    const bytes = encodeIntent(intent);
    expect(() => decodeIntent(bytes)).toThrow(MalformedInput);
    expect(() => decodeIntent(bytes)).toThrow(says);
  };
  const many = enqueueMany([row([1]), row([2])]);

  test("lengths that do not add up", () => {
    refused({ ...many, payload: Uint8Array.of(1, 2, 3) }, "has 3 bytes of payload, its rows 2");
    refused({ ...many, payload: Uint8Array.of(1) }, "has 1 bytes of payload, its rows 2");
  });

  test("no rows, and more than an entry takes", () => {
    refused({ ...ACK, rows: 0, leases: new Uint8Array(0) }, "a batch has 0 rows");
    const leases = new Uint8Array(12 * 4097);
    refused({ ...ACK, rows: 4097, leases }, "a batch has 4097 rows");
  });

  test("columns that are cut short, and leases too many", () => {
    refused({ ...many, rows: 200 }, "needs");
    refused({ ...ACK, rows: 1, leases: new Uint8Array(24) }, "12 bytes too many");
  });

  test("sequences beyond 64 bits, and delays beyond 48", () => {
    const producer = { ...TRIPLE, sequenceHi: 0xffffffff, sequenceLo: 0xffffffff };
    refused({ ...many, producer }, "go beyond 2^64");
    refused({ ...many, delayMs: new Uint8Array(16).fill(255, 6, 7) }, "beyond 48 bits");
  });

  test("a way of settling that is unknown", () => {
    const bytes = encodeIntent({ ...ACK, rows: 1, leases: new Uint8Array(12) });
    bytes[7] = 9;
    expect(() => decodeIntent(bytes)).toThrow("settles in the way 9");
  });

  test("a single token without its MAC is nobody's to write", () => {
    const token = { index: 1, offset: 0, fence: 1, mac: undefined };
    expect(() => encodeIntent({ kind: "ack", token })).toThrow("D-79");
  });
});
