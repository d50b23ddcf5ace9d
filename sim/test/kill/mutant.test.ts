import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import {
  applyEdit,
  mutatedFiles,
  MutantProblem,
  parseMutant,
  readMutant,
  readMutants,
} from "../../src/kill/mutant.js";

const EDIT = { file: "core/src/raft/log.ts", find: "a < b", replace: "a <= b" };
const MUTANT = {
  id: "raft-A5",
  title: "The log check looks at the index only",
  origin: "somewhere #1",
  edits: [EDIT],
  expect: ["R3"],
  needs: [],
};

const folders: string[] = [];

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "disheap-mutant-test-"));
  folders.push(made);
  return made;
}

afterEach(() => {
  for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true });
});

function parse(change: Record<string, unknown>): unknown {
  return parseMutant(JSON.stringify({ ...MUTANT, ...change }), "x.json");
}

describe("a mutant file", () => {
  test("is read as it is", () => expect(parse({})).toEqual(MUTANT));

  test("may name its situation, or why nothing can kill it", () => {
    const situation = "sim/test/host/a-b.test.ts";
    const some = [{ situation }, { situation, alsoBySeeds: true }, { equivalent: "because" }];
    for (const more of some) {
      expect(parse(more)).toEqual({ ...MUTANT, ...more });
    }
  });

  const wrong: readonly [string, Record<string, unknown>, string][] = [
    ["an id of no catalogue", { id: "S02" }, 'id "S02"'],
    ["no title", { title: "" }, '"title"'],
    ["no origin", { origin: undefined }, '"origin"'],
    ["no rule", { expect: [] }, "at least one rule"],
    ["rules that are no list", { expect: "R1" }, '"expect"'],
    ["needs that are no texts", { needs: [1] }, '"needs"'],
    ["no edit", { edits: [] }, '"edits"'],
    ["an equivalence without a reason", { equivalent: "" }, '"equivalent" must be a text'],
    ["a situation that is no test of one", { situation: "sim/test/host/wire.ts" }, '"situation"'],
    ["seeds beside no situation", { alsoBySeeds: true }, '"alsoBySeeds"'],
    ["an unknown field", { seeds: 5 }, "unknown fields: seeds"],
    ["an edit that changes nothing", { edits: [{ ...EDIT, replace: EDIT.find }] }, '"replace"'],
    ["an edit that looks for nothing", { edits: [{ ...EDIT, find: "" }] }, '"find"'],
    ["a file outside", { edits: [{ ...EDIT, file: "core/src/../../x.ts" }] }, "must name a file"],
    ["a file of no source", { edits: [{ ...EDIT, file: "core/dist/x.js" }] }, "must name a file"],
    ["an unknown field in an edit", { edits: [{ ...EDIT, line: 3 }] }, "edit 1 has unknown fields"],
  ];

  test.each(wrong)("with %s is refused, by name", (_, change, says) => {
    expect(() => parse(change)).toThrow(MutantProblem);
    expect(() => parse(change)).toThrow("x.json: ");
    expect(() => parse(change)).toThrow(says);
  });

  test("that is no JSON or not there is refused", () => {
    expect(() => parseMutant("{", "x.json")).toThrow("x.json: is not JSON");
    expect(() => parseMutant("[]", "x.json")).toThrow("one JSON object");
    expect(() => readMutant("/nowhere/x.json")).toThrow("/nowhere/x.json cannot be read");
  });
});

describe("a folder of mutants", () => {
  test("is read in the order of numbers", () => {
    const at = folder();
    for (const id of ["raft-A12", "raft-A5", "dec-9c"]) {
      writeFileSync(join(at, `${id}.json`), JSON.stringify({ ...MUTANT, id }));
    }
    expect(readMutants(at).map((m) => m.id)).toEqual(["dec-9c", "raft-A5", "raft-A12"]);
  });

  test("holds each mutant under its own name", () => {
    const at = folder();
    writeFileSync(join(at, "raft-A6.json"), JSON.stringify(MUTANT));
    expect(() => readMutants(at)).toThrow("name it raft-A5.json");
  });

  test("names every file that is wrong at once", () => {
    const at = folder();
    writeFileSync(join(at, "raft-A5.json"), JSON.stringify(MUTANT));
    writeFileSync(join(at, "raft-A6.json"), JSON.stringify(MUTANT));
    writeFileSync(join(at, "raft-A7.json"), "{");
    writeFileSync(join(at, "raft-A8.json"), JSON.stringify({ ...MUTANT, id: "A8" }));
    expect(() => readMutants(at)).toThrow(/A6.*\n\n.*A7.*JSON.*\n\n.*A8.*id "A8"/);
  });
});

describe("an edit", () => {
  test("changes its one place", () => {
    expect(applyEdit("if (a < b) f();", EDIT, "raft-A5")).toBe("if (a <= b) f();");
    // What is put in is taken as it stands, whatever it holds.
    expect(applyEdit("a < b", { ...EDIT, replace: "$& $1" }, "raft-A5")).toBe("$& $1");
  });

  test("that matches nowhere or twice is refused, with the file and the mutant", () => {
    for (const text of ["a > b", "a < b; a < b"]) {
      expect(() => applyEdit(text, EDIT, "raft-A5")).toThrow(MutantProblem);
      expect(() => applyEdit(text, EDIT, "raft-A5")).toThrow(
        "raft-A5 does not fit core/src/raft/log.ts",
      );
    }
    expect(() => applyEdit("a < b; a < b", EDIT, "raft-A5")).toThrow("found 2 times");
  });

  test("comes after the one before it in the same file", () => {
    const root = folder();
    mkdirSync(join(root, "core", "src", "raft"), { recursive: true });
    writeFileSync(join(root, EDIT.file), "a < b");
    const edits = [EDIT, { ...EDIT, find: "<= b", replace: "<= c" }];
    const files = mutatedFiles(root, { ...MUTANT, edits });
    expect([...files]).toEqual([[EDIT.file, "a <= c"]]);
    const lost = { ...EDIT, file: "core/src/raft/gone.ts" };
    expect(() => mutatedFiles(root, { ...MUTANT, edits: [lost] })).toThrow("gone.ts");
  });
});
