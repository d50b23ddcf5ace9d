import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HistoryLine } from "../../src/index.js";
import {
  formatHistory,
  HistoryError,
  JsonLinesReader,
  pairOperations,
  parseHistory,
  textOf,
} from "../../src/index.js";
import { ednValue } from "../support/edn.js";

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

  it("keeps values that JSON has no notation for", () => {
    fc.assert(
      fc.property(ednValue, (value) => {
        const text = formatHistory([{ type: "event", f: "x", value }]);
        const [line] = parseHistory(text);
        expect(textOf(line.value)).toBe(textOf(value));
        expect(formatHistory([line])).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  it("takes numbers that lose nothing, wherever they stand, and leaves other fields alone", () => {
    const numbers = `[9007199254740991, -9007199254740992, 1.50, 1e3, "9007199254740993", 0.1]`;
    const text = `${header}{"type":"event", "f":"x", "ns":9007199254740993, "value":${numbers}}`;
    expect(parseHistory(text)).toEqual([
      {
        ...{ type: "event", f: "x" },
        value: [9007199254740991, -9007199254740992, 1.5, 1000, "9007199254740993", 0.1],
      },
    ]);
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
    [
      `${header}{"type":"event","f":"x","time":1e400}\n`,
      `line 2: "time" must be a number of microseconds; found ##Inf`,
    ],
    [
      `${header}{"type":"ok","id":1,"f":"x","process":1,"time":-1e999}\n`,
      `line 2: "time" must be a number of microseconds; found ##-Inf`,
    ],
    [
      `${header}{"type":"event","f":"x","value":1,"value":2}\n`,
      `line 2: the key "value" stands twice in one object`,
    ],
    [
      `${header}{"type":"event","f":"x","value":1,"value" :2}\n`,
      `line 2: the key "value" stands twice in one object`,
    ],
    [
      `${header}{"type":"event","f":"a\\":b","value":1,"f":"x"}\n`,
      `line 2: the key "f" stands twice in one object`,
    ],
    [
      String.raw`${header}{"type":"event","f":"x","value":[{"a":{"b":1},"\u0061":2}]}`,
      String.raw`line 2: the key "\u0061" stands twice in one object`,
    ],
    [
      `${header}{"type":"event","f":"x","value":[{"a":9007199254740993}]}\n`,
      `line 2: 9007199254740993 does not fit a number of JSON without loss; write it as a string`,
    ],
    [`${header}{"type":"event","f":"x","value":1e400}\n`, `line 2: 1e400 does not fit`],
    [`${header}{"type":"event","f":"x","value":-1E999}\n`, `line 2: -1E999 does not fit`],
    [
      `${header}{"type":"ok","id":9007199254740993,"f":"x","process":1,"time":1}\n`,
      `line 2: 9007199254740993 does not fit`,
    ],
    [
      `${header}{"type":"event","f":"x","value":{"$edn":"1 2"}}\n`,
      `line 2: "$edn" must hold one form of EDN; found "1 2"`,
    ],
    [
      `${header}{"type":"event","f":"x","value":{"$edn":"[1"}}\n`,
      `line 2: "$edn" must hold EDN: line 1, column 1: no "]"`,
    ],
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
    [
      [half(1, "invoke"), { ...half(1, "ok"), time: 6 }],
      "line 3: id 1 completes at time 6, before its invoke's time 7 (line 2); take both from one clock",
    ],
    [[half(1, "invoke"), { ...half(1, "info"), time: 6 }], "line 3: id 1 completes at time 6"],
    [[half(1, "invoke"), { ...half(1, "ok"), time: NaN }], "line 3: id 1 completes at time NaN"],
  ])("refuses halves that do not fit", (lines, expected) => {
    expect(() => pairOperations(lines)).toThrow(expected);
  });
});
