// What a leader says of a batch, read by the node that asked: row by row what the machine did, and never a row that
// the batch does not have.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readEnqueuedMany, readRefusals } from "../../../src/edge/requests/batch-results.js";
import { outcomeOf } from "../../../src/leader/outcomes.js";
import { MalformedInput } from "../../../src/lib/bytes.js";
import type { IntentResult } from "../../../src/machine/results.js";

const INDEX_MAX = 2 ** 42 - 1;

function bodyOf(result: IntentResult): Uint8Array {
  const outcome = outcomeOf(result, 9);
  if (outcome.type !== "done") throw new Error("a batch that was applied is done");
  return outcome.body;
}

/** Rows of a batch of 4096, in order and each once. */
const rows = fc
  .uniqueArray(fc.nat(4095), { maxLength: 20 })
  .map((list) => list.sort((a, b) => a - b));

test("where the first row is, and the rows that were there before", () => {
  fc.assert(
    fc.property(rows, fc.nat(INDEX_MAX), fc.nat(12_000), (list, index, firstOffset) => {
      const duplicates = list.map((row) => ({
        row,
        index: index - (index % 7),
        offset: row,
        stampMs: row,
      }));
      const result = { index, firstOffset, stampMs: 2 ** 45, duplicates };
      const body = bodyOf({ type: "enqueued.many", ...result });
      expect(readEnqueuedMany(body, 4096)).toEqual(result);
    }),
  );
});

test("the rows that are refused, and why", () => {
  const refusals = [
    {
      firstRow: 0,
      count: 2,
      code: "FAILED_PRECONDITION" as const,
      message: "the lease is not held",
    },
    { firstRow: 5, count: 1, code: "NOT_FOUND" as const, message: "ä" },
  ];
  const body = bodyOf({ type: "settled.many", refusals });
  expect(readRefusals(body, 6)).toEqual(
    refusals.map(({ code, message, ...range }) => ({ ...range, failure: { code, message } })),
  );
  expect(readRefusals(bodyOf({ type: "settled.many", refusals: [] }), 1)).toEqual([]);
});

describe("refused", () => {
  const refusal = { code: "NOT_FOUND" as const, message: "" };
  const duplicate = { index: 1, offset: 0, stampMs: 0 };
  const settled = (...ranges: readonly (readonly [number, number])[]): Uint8Array =>
    bodyOf({
      type: "settled.many",
      refusals: ranges.map(([firstRow, count]) => ({ ...refusal, firstRow, count })),
    });

  test("rows beyond the batch, twice, or backwards", () => {
    expect(() => readRefusals(settled([3, 2]), 4)).toThrow(MalformedInput);
    expect(() => readRefusals(settled([0, 2], [1, 1]), 4)).toThrow(MalformedInput);
    const again = [
      { row: 1, ...duplicate },
      { row: 1, ...duplicate },
    ];
    const head = { type: "enqueued.many", index: 1, firstOffset: 0, stampMs: 0 } as const;
    expect(() => readEnqueuedMany(bodyOf({ ...head, duplicates: again }), 4)).toThrow(
      MalformedInput,
    );
    const beyond = [{ row: 4, ...duplicate }];
    expect(() => readEnqueuedMany(bodyOf({ ...head, duplicates: beyond }), 4)).toThrow(
      MalformedInput,
    );
  });

  test("an unknown code, and bytes too many or too few", () => {
    const body = settled([0, 1]);
    const unknown = body.slice();
    unknown[6] = 99;
    expect(() => readRefusals(unknown, 1)).toThrow("an error code");
    expect(() => readRefusals(Uint8Array.of(...body, 0), 1)).toThrow(MalformedInput);
    expect(() => readRefusals(body.subarray(0, body.length - 1), 1)).toThrow(MalformedInput);
  });
});
