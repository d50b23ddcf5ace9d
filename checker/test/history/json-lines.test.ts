import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HistoryLine } from "../../src/index.js";
import {
  formatHistory,
  HistoryError,
  JsonLinesReader,
  pairOperations,
  parseHistory,
} from "../../src/index.js";

const header = `{"format":"linearizability","version":1,"unit":"us"}\n`;

function refusal(text: string): string {
  try {
    parseHistory(text);
  } catch (error) {
    if (error instanceof HistoryError) return `${error.code} ${error.message}`;
    throw error;
  }
  return "accepted";
}

const line: fc.Arbitrary<HistoryLine> = fc.oneof(
  fc.record({
    id: fc.oneof(fc.nat(), fc.string()),
    process: fc.oneof(fc.nat(), fc.string()),
    type: fc.constantFrom("invoke" as const, "ok" as const, "fail" as const, "info" as const),
    f: fc.string({ minLength: 1 }),
    time: fc.integer(),
    value: fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown),
  }),
  fc.record({ type: fc.constant("event" as const), f: fc.constant("topic"), value: fc.nat() }),
);

describe("history format, version 1", () => {
  it("reads what it wrote, whatever the chunks", () => {
    fc.assert(
      fc.property(fc.array(line), fc.integer({ min: 1, max: 9 }), (lines, size) => {
        const text = formatHistory(lines);
        const reader = new JsonLinesReader();
        for (let at = 0; at < text.length; at += size) reader.push(text.slice(at, at + size));
        expect(reader.finish()).toEqual(lines);
      }),
    );
  });

  it("reads a last line without a line break, and CRLF", () => {
    const text = header.replace("\n", "\r\n") + `{"type":"event","f":"x","value":1}`;
    expect(parseHistory(text)).toEqual([{ type: "event", f: "x", value: 1 }]);
  });

  it.each([
    ["", "HISTORY_EMPTY"],
    ["nonsense\n", "HISTORY_SYNTAX line 1"],
    [`{"format":"other"}\n`, "HISTORY_HEADER line 1"],
    [`{"format":"linearizability","version":2,"unit":"us"}\n`, "HISTORY_VERSION line 1"],
    [`{"format":"linearizability","version":1,"unit":"ns"}\n`, "HISTORY_HEADER line 1"],
    [`${header}[]\n`, "HISTORY_SYNTAX line 2"],
    [`${header}\n`, "HISTORY_SYNTAX line 2"],
    [`${header}{"type":"ok","f":"x","time":1,"process":1}\n`, `line 2: "id" must be`],
    [`${header}{"type":"done","id":1,"f":"x","time":1,"process":1}\n`, `line 2: "type" must be`],
    [`${header}{"type":"ok","id":1,"f":"x","process":1}\n`, `line 2: "time" must be`],
    [`${header}{"type":"ok","id":1,"time":1,"process":1}\n`, `line 2: "f" must be`],
  ])("refuses %j", (text, expected) => {
    expect(refusal(text)).toContain(expected);
  });
});

describe("pairing", () => {
  const half = (id: number, type: "invoke" | "ok" | "info", f = "x"): HistoryLine => ({
    id,
    process: 1,
    type,
    f,
    time: 7,
    value: `${type}-${id}`,
  });

  it("pairs by id; info and missing completions never return", () => {
    const pairs = pairOperations([
      half(1, "invoke"),
      half(2, "invoke"),
      half(1, "ok"),
      half(2, "info"),
    ]);
    expect(pairs.map(({ id, outcome, call, ret }) => [id, outcome, call, ret])).toEqual([
      [1, "ok", 0, 2],
      [2, "unknown", 1, Infinity],
    ]);
    expect(pairs[0]).toMatchObject({ input: "invoke-1", output: "ok-1" });
    expect(pairOperations([half(3, "invoke")])[0]).toMatchObject({ outcome: "unknown" });
  });

  it.each([
    [[half(1, "ok")], "line 2: ok of id 1: no invoke came before it"],
    [[half(1, "invoke"), half(1, "invoke")], "line 3: id 1 is invoked a second time"],
    [[half(1, "invoke"), half(1, "ok"), half(1, "ok")], "line 4: ok of id 1: it was completed"],
    [[half(1, "invoke"), half(1, "ok", "y")], `line 3: id 1 was invoked as "x" but`],
  ])("refuses halves that do not fit", (lines, expected) => {
    expect(() => pairOperations(lines)).toThrow(expected);
  });
});
