import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EdnIncomplete, EdnSyntaxError, formatEdn, parseEdn, textOf } from "../../src/index.js";
import { EdnBalance } from "../../src/history/edn-balance.js";
import { nameOf } from "../../src/value/text.js";
import { alikeValue, ednValue, Printer, same } from "../support/edn.js";
import { Random } from "../support/random.js";

function whyIncomplete(text: string): string | undefined {
  try {
    parseEdn(text);
  } catch (error) {
    if (error instanceof EdnIncomplete) return error.reason;
    throw error;
  }
  return undefined;
}

const runs = { numRuns: 2000 };

describe("EDN", () => {
  it("reads back what it wrote", () => {
    fc.assert(
      fc.property(ednValue, (value) => {
        const text = formatEdn(value);
        const [read, ...more] = parseEdn(text);
        expect(more).toEqual([]);
        expect(same(read, value)).toBe(true);
        expect(formatEdn(read)).toBe(text);
      }),
      runs,
    );
  });

  it("reads the same value however it is written", () => {
    fc.assert(
      fc.property(ednValue, fc.integer(), (value, seed) => {
        const written = new Printer(new Random(seed)).print(value);
        const [read, ...more] = parseEdn(written);
        expect(more).toEqual([]);
        expect(textOf(read)).toBe(textOf(value));
        expect(formatEdn(read)).toBe(formatEdn(value));
        expect(same(read, value)).toBe(true);
      }),
      runs,
    );
  });

  it("two values have the same text exactly when they are equal", () => {
    let equal = 0;
    fc.assert(
      fc.property(alikeValue, alikeValue, (a, b) => {
        if (same(a, b)) equal += 1;
        expect(textOf(a) === textOf(b)).toBe(same(a, b));
        expect(nameOf(a) === nameOf(b)).toBe(same(a, b));
        expect(formatEdn(a) === formatEdn(b)).toBe(same(a, b));
      }),
      { numRuns: 20_000 },
    );
    expect(equal).toBeGreaterThan(100);
  });

  it("any text is read or refused, and never anything else", () => {
    const bits = [
      "#",
      "_",
      "{",
      "}",
      "[",
      "]",
      "(",
      ")",
      '"',
      "\\",
      ":",
      ";",
      "\n",
      " ",
      "1",
      "a",
      "/",
      "M",
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...bits), { maxLength: 30 }), (parts) => {
        try {
          parseEdn(parts.join(""));
        } catch (error) {
          expect(error instanceof EdnSyntaxError || error instanceof EdnIncomplete).toBe(true);
        }
      }),
      runs,
    );
  });

  it("knows line by line when a form is whole", () => {
    fc.assert(
      fc.property(ednValue, fc.integer(), (value, seed) => {
        const lines = new Printer(new Random(seed)).print([value, value]).split("\n");
        const balance = new EdnBalance();
        lines.forEach((line, at) => {
          balance.add(line);
          const why = whyIncomplete(lines.slice(0, at + 1).join("\n"));
          // A tag or #_ at the end of a line waits too, but whether a bracket is open it does not say.
          if (why?.includes("ends after") !== true) expect(balance.isOpen).toBe(why !== undefined);
        });
        expect(balance.isOpen).toBe(false);
      }),
      runs,
    );
  });
});
