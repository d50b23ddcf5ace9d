// What a plan's situations ask and open goes by ids of their own: two of one id would answer for each other.

import { expect, test } from "vitest";
import { expandPlan } from "../../src/plan/expand.js";

test("no two operations of one kind have one id, whatever situations meet in it", () => {
  const twice: string[] = [];
  for (let seed = 1; seed <= 1_500; seed += 1) {
    const seen = new Set<string>();
    for (const operation of expandPlan(String(seed)).operations) {
      if (!("id" in operation)) continue;
      const name = `${operation.type} ${operation.id}`;
      if (seen.has(name)) twice.push(`seed ${seed}: ${name}`);
      seen.add(name);
    }
  }
  expect(twice).toEqual([]);
});
