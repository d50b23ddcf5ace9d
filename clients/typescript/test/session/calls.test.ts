// What answers, and the lack of them, make of the rows of a call.
import { decodeSessionOut, encodeSessionOut } from "@disheap/proto/session";
import { describe, expect, it } from "vitest";
import { DisheapError, DisheapNotFoundError, errorOf } from "../../src/errors.js";
import { Calls, lostRow } from "../../src/session/calls.js";
import type { Row } from "../../src/session/row.js";

type Draft = Parameters<typeof encodeSessionOut>[0];

/** Three rows under way, and what became of them so far. */
function under() {
  const calls = new Calls("here:1");
  const said: Record<string, unknown> = {};
  const rows = ["a", "b", "c"].map((name, place): Row => {
    const settle = { kind: "ack", name, topic: "t", messageId: "m", leaseToken: "l" } as const;
    const hear = (what: unknown): void => {
      expect(said).not.toHaveProperty(name);
      said[name] = what;
    };
    return { ...settle, sinceMs: 7 + place, resolve: hear, reject: hear };
  });
  const call = calls.open(rows, 10);
  const answer = (draft: Draft): void => calls.answer(decodeSessionOut(encodeSessionOut(draft)));
  return { calls, said, call, answer };
}

describe("a row", () => {
  it("is answered once, by its number", () => {
    const { calls, said, call, answer } = under();
    answer({ settled: [{ call, firstRow: 1, count: 2 }] });
    expect(said).toEqual({ b: undefined, c: undefined });
    answer({ settled: [{ call, firstRow: 0, count: 3 }] });
    expect(Object.keys(said)).toEqual(["b", "c", "a"]);
    expect(calls.size).toBe(0);
    answer({ settled: [{ call, firstRow: 0, count: 3 }] });
  });

  it("that is refused fails alone; with count 0 all that are left do", () => {
    const { calls, said, call, answer } = under();
    answer({ failed: [{ call, firstRow: 1, count: 1, code: 5, message: "no such topic" }] });
    expect(said.b).toBeInstanceOf(DisheapNotFoundError);
    expect(said.b).toMatchObject({
      message: "b failed with NOT_FOUND at here:1: no such topic.",
      outcomeUnknown: false,
    });
    answer({ failed: [{ call, firstRow: 0, count: 0, code: 14, message: "x", mayBeDone: true }] });
    expect([said.a, said.c]).toMatchObject([
      { code: "UNAVAILABLE", outcomeUnknown: true },
      { code: "UNAVAILABLE", outcomeUnknown: true },
    ]);
    expect(calls.size).toBe(0);
  });

  it("is given up by its own age, not by when it was sent", () => {
    const { calls, said } = under();
    expect(calls.oldestMs).toBe(10);
    const why = errorOf("UNAVAILABLE", "gone", { endpoint: "here:1" });
    calls.expire(6, (row) => lostRow(row, why, true));
    expect(said).toEqual({});
    calls.expire(8, (row) => lostRow(row, why, true));
    expect(Object.keys(said)).toEqual(["a", "b"]);
    calls.expire(9, (row) => lostRow(row, why, true));
    expect(said.c).toBeInstanceOf(DisheapError);
    expect(said.c).toMatchObject({ outcomeUnknown: true, message: "c had no answer: gone" });
    expect(calls.oldestMs).toBeUndefined();
  });
});
