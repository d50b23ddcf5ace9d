// Fairness among partitions: an illegal key is found at the cost of that key times the number of keys,
// however hard the others are. All costs are in placements tried; no clock is read.
import { describe, expect, it } from "vitest";
import type { CheckOptions, CheckResult, PartitionResult } from "../../src/index.js";
import { casRegister, checkOperations, historyModel } from "../../src/index.js";
import { Search } from "../../src/search/search.js";
import { turnSteps } from "../../src/search/turns.js";
import type { KeyHistory } from "../support/partitioned.js";
import {
  crowdedKey,
  easyKey,
  HARD_SEEDS,
  illegalKey,
  keyed,
  MIDDLE_SEEDS,
} from "../support/partitioned.js";

const model = () => {
  const known = historyModel("cas-register");
  if (known === undefined) throw new Error("no cas-register");
  return known.model;
};
const check = (keys: readonly KeyHistory[], options: CheckOptions = {}): CheckResult =>
  checkOperations(model(), keyed(keys), options);
const hard = HARD_SEEDS.slice(0, 9).map(crowdedKey);
/** What a key costs when it is searched alone. */
const aloneSteps = (key: KeyHistory): number => checkOperations(casRegister(), key).steps;
const illegalKeysOf = ({ partitions }: CheckResult): string[] =>
  partitions.filter(({ verdict }) => verdict === "illegal").map(({ key }) => key);

describe("an illegal key among hard ones", () => {
  it("the hard ones are hard", () => {
    const steps = aloneSteps(illegalKey(5));
    for (const key of hard) {
      const search = new Search(casRegister(), key);
      expect(search.run(20 * steps)).toBe("running");
    }
  });

  it.each([0, 4, 9])("is found in its steps times the number of keys, at place %i", (place) => {
    const illegal = illegalKey(5);
    const keys = [...hard.slice(0, place), illegal, ...hard.slice(place)];
    const result = check(keys);
    expect(result.verdict).toBe("illegal");
    expect(illegalKeysOf(result)).toEqual([`k${place}`]);
    expect(result.sentence).toContain(`no order of partition k${place} explains`);
    expect(result.steps).toBeLessThanOrEqual(aloneSteps(illegal) * keys.length);
  });

  it("is found even when what all may remember is less than one hard key needs", () => {
    const keys = [hard[0], hard[1], illegalKey(5), hard[2]];
    const result = check(keys, { memoryBytes: 2_000_000 });
    expect([result.verdict, illegalKeysOf(result)]).toEqual(["illegal", ["k2"]]);
  });

  it("costs the others at most its own steps and one turn, whatever the keys", () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const illegal = illegalKey(seed, 2 + (seed % 11), 20 + seed);
      const others = [easyKey(seed), crowdedKey(seed), crowdedKey(seed + 100), easyKey(seed + 1)];
      const keys = [...others.slice(0, seed % 5), illegal, ...others.slice(seed % 5)];
      const result = check(keys);
      const alone = aloneSteps(illegal);
      expect(illegalKeysOf(result)).toEqual([`k${seed % 5}`]);
      expect(result.steps).toBeLessThanOrEqual(keys.length * (alone + turnSteps(alone)));
    }
  });

  it("also one that looks hardest and so comes last in every round", () => {
    const illegal = illegalKey(5);
    const late = hard.map((key) =>
      key.map((one) => ({ ...one, call: one.call + 1e6, ret: one.ret + 1e6 })),
    );
    const widest = [...illegal, ...late.flat()];
    const alone = aloneSteps(widest);
    const result = check([hard[0], widest, hard[1], hard[2]]);
    expect(illegalKeysOf(result)).toEqual(["k1"]);
    expect(result.steps).toBeGreaterThan(4 * alone);
    expect(result.steps).toBeLessThanOrEqual(4 * (alone + turnSteps(alone)));
  });
});

describe("turns", () => {
  it("are short against what a key has had, and yet reach any number of steps in few rounds", () => {
    for (const steps of [0, 1, 511, 512, 1000, 50_000]) {
      expect(turnSteps(steps)).toBeGreaterThanOrEqual(steps / 9);
      expect(turnSteps(steps)).toBeLessThanOrEqual(Math.max(64, steps / 8));
    }
  });

  it("begin with the easiest key", () => {
    const cheap = illegalKey(1, 4, 30);
    const alone = aloneSteps(cheap);
    expect(alone).toBeLessThan(turnSteps(0) * 4);
    const other = aloneSteps(easyKey(1));
    // Two rounds or more: the easier one has ended in the first, and the hard one had as many turns less one.
    const result = check([hard[0], cheap, easyKey(1)]);
    expect(result.steps).toBeLessThanOrEqual(2 * alone + other);
    expect(check([hard[0], easyKey(1), hard[1]], { timeoutMs: 0 }).steps).toBe(other);
  });
});

describe("the same history, the same answer", () => {
  const timeless = ({ elapsedMs, ...result }: CheckResult) => ({
    ...result,
    elapsedMs: elapsedMs > 0,
  });

  it("in every run", () => {
    const keys = [hard[0], easyKey(1), illegalKey(5), easyKey(2), illegalKey(2)];
    expect(timeless(check(keys))).toEqual(timeless(check(keys)));
    const bounded = { memoryBytes: 500_000 };
    expect(timeless(check(keys, bounded))).toEqual(timeless(check(keys, bounded)));
  });

  it("of several illegal keys the one that takes fewest steps is reported, wherever it stands", () => {
    const [costly, cheap] = [illegalKey(5), illegalKey(1, 4, 30)];
    expect(aloneSteps(costly)).toBeGreaterThan(10 * aloneSteps(cheap));
    expect(illegalKeysOf(check([costly, cheap]))).toEqual(["k1"]);
    expect(illegalKeysOf(check([cheap, hard[0], costly]))).toEqual(["k0"]);
    expect(illegalKeysOf(check([cheap, cheap]))).toEqual(["k0"]);
  });

  it("all of them when asked for, in the order of the history", () => {
    const keys = [illegalKey(5), easyKey(1), illegalKey(1, 4, 30)];
    const result = check(keys, { allPartitions: true });
    expect(result.partitions.map(({ key, verdict }) => `${key} ${verdict}`)).toEqual([
      ...["k0 illegal", "k1 ok", "k2 illegal"],
    ]);
  });
});

describe("memory", () => {
  const middle = MIDDLE_SEEDS.map(crowdedKey);
  /** What one key's search holds when it ends. */
  const peak = (key: KeyHistory): number => {
    const search = new Search(casRegister(), key);
    while (search.run(10_000) === "running");
    return search.bytes;
  };
  const peaks = middle.map(peak);
  const largest = Math.max(...peaks);
  const together = peaks.reduce((a, b) => a + b);
  const alone = middle.map(aloneSteps).reduce((a, b) => a + b);

  it("is shared: with room for one key at a time every key still gets its verdict", () => {
    expect(together).toBeGreaterThan(2 * largest);
    const result = check(middle, { memoryBytes: largest + 1000 });
    expect(result.verdict).toBe("ok");
    expect(result.partitions).toHaveLength(middle.length);
    // Some were put off and began anew.
    expect(result.steps).toBeGreaterThan(alone);
  });

  it("is taken from the largest search: what the hard keys hold does not put off a small one", () => {
    const illegal = illegalKey(5);
    const result = check([...hard, illegal], { memoryBytes: 2 * peak(illegal) });
    const [found] = result.partitions.filter(({ verdict }) => verdict === "illegal");
    expect([found.key, found.steps]).toEqual(["k9", aloneSteps(illegal)]);
    // Others were put off, or their turns would have come to more.
    expect(result.steps).toBeLessThan(3 * found.steps);
    expect(check([...hard, illegal]).steps).toBeGreaterThan(5 * found.steps);
  });

  it("with room for all nothing is done twice", () => {
    expect(check(middle, { memoryBytes: together }).steps).toBe(alone);
  });

  it("a key that needs more than all there is ends without a verdict, and is named", () => {
    const result = check([easyKey(1), hard[0], easyKey(2)], { memoryBytes: 1_500_000 });
    const verdictOf = ({ key, verdict, reason }: PartitionResult) => [key, verdict, reason];
    expect(result.partitions.map(verdictOf)).toEqual([
      ["k0", "ok", undefined],
      ["k1", "unknown", "memory"],
      ["k2", "ok", undefined],
    ]);
    expect([result.verdict, result.reason]).toEqual(["unknown", "memory"]);
    const steps = result.partitions[1].steps;
    expect(result.sentence).toBe(
      `unknown: stopped by memory (1.5 MB) in partition k1 (${steps} steps); 2 of 3 partitions are linearizable`,
    );
  });
});

describe("other budgets", () => {
  it("name every key that they cut off, and how many have a verdict", () => {
    const stopAt = 3000;
    let steps = 0;
    // A signal that comes after so many looks: no clock.
    const signal = {
      get aborted() {
        steps += 1;
        return steps > stopAt;
      },
    };
    const result = check([hard[0], easyKey(1), hard[1]], { signal });
    expect([result.verdict, result.reason]).toEqual(["unknown", "cancelled"]);
    expect(result.sentence).toMatch(
      /^unknown: cancelled in partition k0 \(\d+ steps\), k2 \(\d+ steps\); 1 of 3 partitions are linearizable$/,
    );
  });

  it("a verdict that was found before the budget ran out stands", () => {
    const result = check([illegalKey(5), easyKey(1)], { timeoutMs: 0, allPartitions: true });
    // The first look at the clock comes after the easiest key is done.
    expect(result.partitions.map(({ verdict }) => verdict)).toEqual(["unknown", "ok"]);
    expect(result.sentence).toContain("stopped by timeout (0 s) in partition k0 (0 steps)");
  });

  it("progress says which key is searched and how many are done", () => {
    const seen: string[] = [];
    check([easyKey(1), hard[0]], {
      progressEveryMs: 0,
      onProgress({ key, finished, partitions, partition }) {
        seen.push(`${key} ${partition} ${finished}/${partitions}`);
        return seen.length < 3;
      },
    });
    expect(seen.at(0)).toBe("k0 0 1/2");
    expect(seen.at(-1)).toBe("k1 1 1/2");
  });
});
