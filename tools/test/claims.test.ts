// The table of sentences (docs/internals/claims): what users are told stands in it, each sentence with a test
// that exists or with "no claim"; and the parts of the tool, on small samples.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { differences } from "../claims/compare.mjs";
import { proofReader } from "../claims/proofs.mjs";
import { ofHelp, ofMarkdown, sentencesOf } from "../claims/sentences.mjs";
import { SOURCES } from "../claims/sources.mjs";
import { readTable, withMissing, writeTable } from "../claims/table.mjs";
import { root } from "../rooms.mjs";

const FOLDER = "docs/internals/claims";

describe("what users are told", () => {
  const wrongWith = proofReader(root);

  it.each(SOURCES)(
    "$title: every sentence is in the table",
    { timeout: 60_000 },
    async (source) => {
      const file = `${FOLDER}/${source.name}.txt`;
      const rows = readTable(readFileSync(join(root, file), "utf8"));
      const said = await source.sentences();
      expect(said.length).toBeGreaterThan(3);
      expect(differences(file, rows, said, wrongWith)).toEqual([]);
    },
  );

  it("has a table for each source, and no other", () => {
    const tables = SOURCES.map(({ name }) => `${name}.txt`);
    expect(readdirSync(join(root, FOLDER)).sort()).toEqual(tables.sort());
  });
});

describe("sentences", () => {
  it("end where the next one begins, and not in code or at an abbreviation", () => {
    expect(sentencesOf("It is `a. B` here. **Then** it\n ends. (Or not.) e.g. so")).toEqual([
      "It is `a. B` here.",
      "**Then** it ends.",
      "(Or not.) e.g. so",
    ]);
    expect(sentencesOf("  ")).toEqual([]);
  });

  it("of a document come from paragraphs, lists, tables, headings and code", () => {
    const text =
      "# A\n\nOne\nsentence. Two.\n\n- x\n  y\n- z\n\n| h | i |\n| - | - |\n| **a** | B. C. |\n\n```sh\nrun  it\n\nnow\n```\n";
    expect(ofMarkdown(text)).toEqual([
      ...["heading: A", "One sentence.", "Two.", "x y", "z", "h | i", "**a** | B.", "**a**: C."],
      "code: run it | now",
    ]);
  });

  it("of help come from options, continued lines, examples and plain words", () => {
    const text =
      "Usage: x [y]\n\nSays it. And\nthat.\n\nOptions:\n  -n N     how many. Not\n           more\n  --all    all\n\nExamples:\n  $ x 1\n  $ x 2\n";
    expect(ofHelp(text, "x")).toEqual([
      ...[
        "x: Says it.",
        "x: And that.",
        "x: -n N: how many.",
        "x: -n N: Not more",
        "x: --all: all",
      ],
      ...["x: $ x 1", "x: $ x 2"],
    ]);
  });
});

describe("a table", () => {
  const rows = [
    { sentence: "A.", proofs: ["no claim"] },
    { sentence: "B.", proofs: ["a.test.ts: t", "b.test.ts: t"] },
  ];

  it("is read as it was written", () => {
    expect(readTable(writeTable("X", rows))).toEqual(rows);
    expect(() => readTable("  no claim\n")).toThrow("without a sentence");
  });

  it("gets what is missing where it stands in the source, and loses nothing", () => {
    const all = withMissing(rows, ["0.", "A.", "A2.", "C."]);
    expect(all.map(({ sentence }) => sentence)).toEqual(["0.", "A.", "A2.", "C.", "B."]);
    expect(all.find(({ sentence }) => sentence === "A2.")?.proofs).toEqual([]);
  });

  it.each([
    [["A.", "B.", "C."], rows, "no row for: C. "],
    [["A."], rows, "B.: nobody says this any more"],
    [["A."], [{ sentence: "A.", proofs: [] }], 'write "no claim"'],
    [["A."], [{ sentence: "A.", proofs: ["no claim", "x.test.ts: t"] }], "stands alone"],
    [["A."], [{ sentence: "A.", proofs: ["gone"] }], "gone: not there"],
    [["A."], [rows[0], rows[0]], "stands twice"],
  ])("over %j says what is wrong", (said, table, words) => {
    const wrongWith = (proof: string) => (proof === "gone" ? "gone: not there" : undefined);
    const found = differences("f", table as typeof rows, said, wrongWith);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(words);
    expect(differences("f", rows, ["A.", "B."], wrongWith)).toEqual([]);
  });
});

describe("a proof", () => {
  const wrongWith = proofReader(root);

  it.each([
    "no claim",
    "no claim: a limit",
    "tools/test/claims.test.ts: is read as it was written",
    "tools/test/claims.test.ts: over %j says what is wrong",
    "test/conformance/src/cases/enqueue.ts: not_before delays from the receipt",
    "tools/suites/gates.mjs: process test",
    "sim/mutants/raft-A1.json: raft-A1",
    "deploy/compose/smoke: the dead letter queue is empty",
    "test/python/cases_unary.py: make_heap",
  ])("may be %j", (proof) => {
    expect(wrongWith(proof)).toBeUndefined();
  });

  it.each([
    ["I have seen it", "is neither"],
    ["README.md: Disheap", "no file of tests"],
    ["tools/test/gone.test.ts: x", "does not exist"],
    ["tools/test/claims.test.ts: is read as it was", "has no test"],
    // Said there, but not as the name of a test.
    ["tools/test/claims.test.ts: make_heap", "has no test"],
  ])("cannot be %j", (proof, why) => {
    expect(wrongWith(proof)).toContain(why);
  });
});
