// The text of values that come from JavaScript rather than from a file.
import { describe, expect, it } from "vitest";
import { EdnKeyword, EdnSymbol, textOf } from "../../src/index.js";
import { nameOf } from "../../src/value/text.js";

describe("textOf", () => {
  it.each<[unknown, string]>([
    [undefined, "unknown"],
    [null, "null"],
    [true, "true"],
    ["a\n", '"a\\n"'],
    [1, "1"],
    [-0, "0"],
    [1n, "1"],
    [1e21, "1000000000000000000000"],
    [10n ** 21n, "1000000000000000000000"],
    [0.1, "0.1"],
    [1e-7, "1e-7"],
    [NaN, "##NaN"],
    [-Infinity, "##-Inf"],
    [[1, [undefined, null]], "[1,[null,null]]"],
    [{ b: 1, a: { d: [], c: "x" } }, '{"a":{"c":"x","d":[]},"b":1}'],
    [{ a: undefined, b: () => 1, c: 1 }, '{"c":1}'],
    [new Set([2, 1, "1"]), '#{"1" 1 2}'],
    [
      new Map<unknown, unknown>([
        ["b", 1],
        [1, new Set()],
      ]),
      '{"b" 1, 1 #{}}',
    ],
    [
      new Map([
        [new EdnKeyword("b"), 1],
        [new EdnKeyword("a"), 2],
      ]),
      '{"a":2,"b":1}',
    ],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
    [new EdnSymbol("null"), "'null"],
  ])("%o is %s", (value, text) => {
    expect(textOf(value)).toBe(text);
  });

  it("refuses what is no data", () => {
    expect(() => textOf(() => 1)).toThrow("a function is no value of a history");
  });
});

describe("nameOf", () => {
  it.each<[unknown, string]>([
    ["x", "x"],
    ["a b/c", "a b/c"],
    ["m17", "m17"],
    ["", '""'],
    ["1", '"1"'],
    ["-", '"-"'],
    ["null", '"null"'],
    ["unknown", '"unknown"'],
    ["nullable", "nullable"],
    [":x", '":x"'],
    ["[1]", '"[1]"'],
    ['"x"', '"\\"x\\""'],
    ["'x", `"'x"`],
    ["(1)", '"(1)"'],
    ["\\a", '"\\\\a"'],
    ["#x", '"#x"'],
    [1, "1"],
    [null, "null"],
    [new EdnKeyword("x"), ":x"],
  ])("%o is %s", (value, name) => {
    expect(nameOf(value)).toBe(name);
  });
});
