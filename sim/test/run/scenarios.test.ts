// Every file below scenarios/ is registered and behaves as its entry says: the rules hold, or, in a
// negative one, the named rule notices; and the faults that the scenario is about took effect.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { Plan } from "../../src/plan/plan.js";
import { runPlan } from "../../src/run/run-plan.js";

interface Entry {
  readonly file: string;
  readonly title: string;
  readonly effects: readonly string[];
  readonly breaks?: string;
  readonly says?: string;
}

const folder = fileURLToPath(new URL("../../../scenarios/", import.meta.url));
const read = <T>(file: string): T => JSON.parse(readFileSync(join(folder, file), "utf8")) as T;
const entries = read<Entry[]>("index.json");

describe("scenarios", () => {
  test("are all registered, and all there", () => {
    const files = readdirSync(folder, { recursive: true })
      .map(String)
      .filter((file) => file.endsWith(".json") && file !== "index.json");
    expect(entries.map(({ file }) => file).sort()).toEqual(files.sort());
  });

  test("break a rule where they are negative, and only there", () => {
    for (const { file, breaks, says } of entries) {
      const isNegative = file.startsWith("negative/");
      expect([breaks !== undefined, says !== undefined], file).toEqual([isNegative, isNegative]);
    }
  });

  test.each(entries.map((entry) => [entry.file, entry] as const))(
    "%s",
    (file, { effects, breaks, says }) => {
      const plan = read<Plan>(file);
      expect(`${plan.seed}.json`).toBe(file.slice(file.indexOf("/") + 1));
      const { failure, faults, clientOps } = runPlan(plan);
      expect(failure?.rule, failure?.message).toBe(breaks);
      if (says !== undefined) expect(failure?.message).toContain(says);
      expect(clientOps).toBeGreaterThan(0);
      for (const kind of effects) expect(faults.get(kind) ?? 0, kind).toBeGreaterThan(0);
    },
  );
});
