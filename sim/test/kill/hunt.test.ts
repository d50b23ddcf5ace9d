// The hunt with children that only pretend to run seeds: what it makes of their answers.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { search } from "../../src/kill/hunt.js";
import { runSeeds } from "../../src/kill/run-seeds.js";

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "disheap-hunt-test-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A child that calls `seed(n)` for each seed; it returns a rule to fail with. */
function child(name: string, body: string): string {
  const file = join(folder, `${name}.mjs`);
  const source = `
    const [from, to] = process.argv.slice(2).map(Number);
    for (let n = from; n <= to; n += 1) {
      const rule = await (async () => { ${body} })();
      console.log(JSON.stringify({ seed: n, rule: rule ?? null, message: "m", cpuMs: 10 * (n - from + 1) }));
      if (rule) break;
    }`;
  writeFileSync(file, source);
  return file;
}

const range = { from: 3, to: 9 };

describe("a child that runs seeds", () => {
  const run = (script: string, stillMs = 30_000) => runSeeds(script, range, { stillMs });

  test("stops at the first seed that fails", async () => {
    const seen: number[] = [];
    const script = child("fails", `if (n === 5) return "Q3";`);
    const outcome = await runSeeds(script, range, { stillMs: 30_000, onSeed: (s) => seen.push(s) });
    expect(outcome).toEqual({
      failed: { seed: 5, rule: "Q3", message: "m" },
      seedsTried: 3,
      cpuMs: 30,
    });
    expect(seen).toEqual([3, 4, 5]);
  });

  test("may pass them all", async () => {
    expect(await run(child("passes", ""))).toEqual({ failed: undefined, seedsTried: 7, cpuMs: 70 });
  });

  test("that dies has failed at the seed it was at", async () => {
    const outcome = await run(child("dies", `if (n === 4) throw new Error("out of luck");`));
    expect(outcome.failed).toMatchObject({ seed: 4, rule: "crash" });
    expect(outcome.failed?.message).toContain("out of luck");
    expect(outcome.seedsTried).toBe(2);
  });

  test("that says nothing any more is ended and has failed", async () => {
    const script = child("hangs", `if (n === 4) await new Promise((r) => setTimeout(r, 1e9));`);
    const outcome = await run(script, 1500);
    expect(outcome.failed).toMatchObject({ seed: 4, rule: "hang" });
  });
});

describe("the search", () => {
  const go = (mutated: string, original: string) =>
    search("raft-A5", mutated, original, range, () => undefined);

  test("counts a failure that the original does not have", async () => {
    const kill = await go(child("bad", `if (n >= 5) return "R1";`), child("good", ""));
    expect(kill).toEqual({
      id: "raft-A5",
      killed: true,
      rule: "R1",
      seed: 5,
      seedsTried: 3,
      cpuSeconds: 0.03,
    });
  });

  test("passes over a seed that fails without the mutant as well", async () => {
    const mutated = child("both", `if (n === 4) return "L1"; if (n === 7) return "Q3";`);
    const kill = await go(mutated, child("flawed", `if (n === 4) return "L1";`));
    expect(kill).toMatchObject({ killed: true, rule: "Q3", seed: 7, seedsTried: 5 });
  });

  test("tells a survivor", async () => {
    const kill = await go(child("harmless", ""), child("original", ""));
    expect(kill).toEqual({
      id: "raft-A5",
      killed: false,
      rule: null,
      seed: null,
      seedsTried: 7,
      cpuSeconds: 0.07,
    });
  });

  test("a last seed that proves nothing leaves a survivor", async () => {
    const mutated = child("last", `if (n === 9) return "L1";`);
    const kill = await go(mutated, child("last-original", `if (n === 9) return "L1";`));
    expect(kill).toMatchObject({ killed: false, rule: null, seedsTried: 7 });
  });
});
