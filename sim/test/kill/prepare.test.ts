import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { MutantProblem } from "../../src/kill/mutant.js";
import { prepareAll } from "../../src/kill/prepare.js";
import { mutantOf, smallRepository } from "./small-repository.js";

const FILE = "core/src/order.ts";
const SOURCE = "export const isBefore = (a: number, b: number): boolean => a < b;\n";
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "disheap-prepare-test-"));
  smallRepository(join(folder, "r"), {
    [FILE]: SOURCE,
    "core/dist/order.js": "export const isBefore = (a, b) => a < b;\n",
  });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const prepare = (...mutants: Parameters<typeof prepareAll>[1]) =>
  prepareAll(join(folder, "r"), mutants);

test("a mutant's copy gets the changed source and what it becomes", () => {
  const mutant = mutantOf("dec-1", FILE, "a < b", "a <= b");
  expect(prepare(mutant)).toEqual([
    {
      mutant,
      changed: new Map([
        [FILE, SOURCE.replace("a < b", "a <= b")],
        ["core/dist/order.js", "export const isBefore = (a, b) => a <= b;\n"],
      ]),
    },
  ]);
});

test("every mutant that is wrong is named at once, with what is wrong", () => {
  const wrong = [
    mutantOf("dec-2", FILE, "a > b", "a >= b"),
    mutantOf("dec-3", FILE, "a <", "a < ("),
    mutantOf("dec-4", "core/src/moved.ts", "a < b", "a <= b"),
    mutantOf("dec-5", FILE, "a: number", "a: unknown"),
    { ...mutantOf("dec-6", FILE, "a < b", "a <= b"), situation: "sim/test/host/gone.test.ts" },
  ];
  const right = mutantOf("dec-7", FILE, "a < b", "a <= b");
  let message = "";
  try {
    prepare(...wrong, right);
  } catch (error) {
    expect(error).toBeInstanceOf(MutantProblem);
    message = (error as Error).message;
  }
  const says = message.split("\n\n");
  expect(says).toHaveLength(wrong.length);
  expect(says[0]).toContain(`mutant dec-2 does not fit ${FILE}: its text is found nowhere`);
  expect(says[1]).toContain("mutant dec-3 breaks the syntax");
  expect(says[2]).toContain("mutant dec-4 names core/src/moved.ts, which cannot be read");
  expect(says[3]).toContain("mutant dec-5 changes nothing that runs");
  expect(says[4]).toContain(
    "mutant dec-6 names the situation sim/test/host/gone.test.ts, which is",
  );
});
