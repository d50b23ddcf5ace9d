// Arguments and formats: what is read back is what was written, and nonsense is refused.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatBytes, formatDuration, payloadJson, payloadLine } from "../../src/cli/format.js";
import { parseBytes, parseDuration, parseList, parsePriority } from "../../src/cli/parse.js";
import { renderTable } from "../../src/cli/table.js";

describe("durations", () => {
  it.each([
    ["0", 0],
    ["500ms", 500],
    ["30s", 30_000],
    ["1.5s", 1_500],
    ["5m", 300_000],
    ["1h30m", 5_400_000],
    ["7d", 604_800_000],
  ])("%s", (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(["", "5", "-5s", "s", "5 s", "5x", "5sx", "x5s", "1e3s", "5s5"])("refuses %j", (text) => {
    expect(() => parseDuration(text)).toThrow(/unit/);
  });

  it("reads what it writes", () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 40 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });
});

describe("priorities", () => {
  it("reads every 64-bit integer exactly", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (priority) => {
        expect(parsePriority(priority.toString())).toBe(priority);
      }),
    );
    expect(parsePriority("+7")).toBe(7n);
  });

  it("refuses every other", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 2n ** 63n, max: 2n ** 80n }), (beyond) => {
        expect(() => parsePriority(`${beyond}`)).toThrow(/64 bits/);
        expect(() => parsePriority(`${-beyond - 1n}`)).toThrow(/64 bits/);
      }),
    );
    for (const text of ["", "1.0", "0x10", "1e3", " 1", "1n", "--1"]) {
      expect(() => parsePriority(text), text).toThrow(/whole number/);
    }
  });
});

describe("sizes and lists", () => {
  it.each([
    ["1000", 1_000],
    ["64KiB", 65_536],
    ["1MiB", 1_048_576],
  ])("%s", (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each(["", "0", "1MB", "-1", "1.5KiB", "99999999999999999999"])("refuses %j", (text) => {
    expect(() => parseBytes(text)).toThrow(/size/);
  });

  it("lists lose blanks and empty entries", () => {
    expect(parseList(" a:1 ,, b:2,")).toEqual(["a:1", "b:2"]);
    expect(() => parseList(" , ")).toThrow(/at least one/);
  });
});

describe("payloads", () => {
  it("never print a control character, and never more than the room", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.integer({ min: 1, max: 80 }),
        (bytes, room) => {
          const line = payloadLine(bytes, Math.max(room, 30));
          expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
          expect([...line].length).toBeLessThanOrEqual(Math.max(room, 30));
        },
      ),
    );
  });

  it("survive JSON as text or base64", () => {
    expect(payloadJson(Buffer.from("\ufeffx"))).toEqual({ payload: "\ufeffx" });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        const json = payloadJson(bytes);
        const back =
          "payload" in json
            ? Buffer.from(json.payload)
            : Buffer.from(json.payload_base64, "base64");
        expect(back.equals(Buffer.from(bytes))).toBe(true);
      }),
    );
  });
});

describe("tables", () => {
  it("align columns, with colours outside the count", () => {
    const columns = [{ title: "A" }, { title: "N", align: "right" as const }, { title: "END" }];
    const rows = [
      ["x", "1", "e"],
      [{ text: "long", style: "red" as const }, "22", ""],
    ];
    const painted = renderTable(columns, rows, (style, text) =>
      style === "red" ? `<${text}>` : text,
    );
    expect(painted).toBe("A      N  END\nx      1  e\n<long>  22\n");
  });
});
