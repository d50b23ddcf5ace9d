// The search for the lowest seed, whatever the order in which answers come.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Search, type SeedVerdict } from "../../src/kill/search.js";

const range = { from: 3, to: 9 };
const failure = (rule: string) => ({ rule, message: "m" });

/** Takes all that can be taken. */
function takeAll(search: Search): number[] {
  const taken: number[] = [];
  for (let seed = search.take(); seed !== undefined; seed = search.take()) taken.push(seed);
  return taken;
}

describe("the search", () => {
  test("hands out every seed once, in ascending order", () => {
    const search = new Search(range);
    expect(search.openings).toBe(7);
    expect(takeAll(search)).toEqual([3, 4, 5, 6, 7, 8, 9]);
    expect(search.openings).toBe(0);
    expect(search.verdict).toBeUndefined();
  });

  test("tells a survivor when the last seed is answered", () => {
    const search = new Search(range);
    for (const seed of takeAll(search)) {
      expect(search.verdict).toBeUndefined();
      search.answer(seed, undefined);
    }
    expect(search.verdict).toEqual({ kind: "survived" });
  });

  test("counts a failure when the original passes, and not before", () => {
    const search = new Search(range);
    search.answer(search.take() ?? 0, failure("R1"));
    expect(search.suspect).toBe(3);
    expect(search.take()).toBeUndefined();
    expect(search.verdict).toBeUndefined();
    search.settle(3, true);
    expect(search.suspect).toBeUndefined();
    expect(search.verdict).toEqual({ kind: "killed", seed: 3, failure: failure("R1") });
  });

  test("waits for the lower seeds that are under way, one of which may fail too", () => {
    const search = new Search(range);
    const [a, b, c] = [search.take() ?? 0, search.take() ?? 0, search.take() ?? 0];
    search.answer(c, failure("Q3"));
    search.settle(c, true);
    search.answer(a, undefined);
    expect(search.verdict).toBeUndefined();
    search.answer(b, failure("R1"));
    expect(search.suspect).toBe(b);
    search.settle(b, true);
    expect(search.verdict).toMatchObject({ kind: "killed", seed: b });
  });

  test("passes over a seed that fails anyway, and says so", () => {
    const search = new Search(range);
    search.answer(search.take() ?? 0, failure("L1"));
    search.settle(3, false);
    expect(search.take()).toBe(4);
    search.answer(4, failure("Q3"));
    search.settle(4, true);
    expect(search.verdict).toMatchObject({ kind: "killed", seed: 4 });
    expect(search.passedOver).toEqual([3]);
  });

  test("a last seed that proves nothing leaves a survivor", () => {
    const search = new Search({ from: 9, to: 9 });
    search.answer(search.take() ?? 0, failure("L1"));
    expect(search.verdict).toBeUndefined();
    search.settle(9, false);
    expect(search.verdict).toEqual({ kind: "survived" });
    expect(search.passedOver).toEqual([9]);
  });

  test("takes no answer for a seed that was not handed out", () => {
    const search = new Search(range);
    expect(() => search.answer(3, undefined)).toThrow("seed 3 is not running");
    search.take();
    search.answer(3, undefined);
    expect(() => search.answer(3, undefined)).toThrow("seed 3 is not running");
  });
});

type Fate = "passes" | "fails" | "fails anyway";

/** What must come out: the first seed that fails with the mutant alone. */
function expected(fates: readonly Fate[]): SeedVerdict {
  const at = fates.indexOf("fails");
  if (at < 0) return { kind: "survived" };
  return { kind: "killed", seed: at + 1, failure: failure(`R${at + 1}`) };
}

test("the verdict is the lowest seed, however many hands work and however fast each of them is", () => {
  const fate = fc.constantFrom<Fate>("passes", "passes", "passes", "fails", "fails anyway");
  const fates = fc.array(fate, { minLength: 1, maxLength: 20 });
  const choices = fc.array(fc.nat(1000), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(fates, fc.integer({ min: 1, max: 6 }), choices, (seeds, hands, picks) => {
      const search = new Search({ from: 1, to: seeds.length });
      const running: number[] = [];
      for (let step = 0; !search.verdict; step += 1) {
        while (running.length < hands) {
          const seed = search.take();
          if (seed === undefined) break;
          running.push(seed);
        }
        // Either one of the running seeds is answered, or the suspect's control.
        const { suspect } = search;
        const count = running.length + (suspect === undefined ? 0 : 1);
        expect(count).toBeGreaterThan(0);
        const pick = picks[step % picks.length] % count;
        if (pick === running.length && suspect !== undefined) {
          search.settle(suspect, seeds[suspect - 1] === "fails");
          continue;
        }
        const [seed] = running.splice(pick, 1);
        const isFailed = seeds[seed - 1] !== "passes";
        search.answer(seed, isFailed ? failure(`R${seed}`) : undefined);
      }
      expect(search.verdict).toEqual(expected(seeds));
      const end = search.verdict.kind === "killed" ? search.verdict.seed : Infinity;
      const anyway = seeds.flatMap((one, i) => (one === "fails anyway" ? [i + 1] : []));
      expect(search.passedOver).toEqual(anyway.filter((seed) => seed < end));
    }),
  );
});
