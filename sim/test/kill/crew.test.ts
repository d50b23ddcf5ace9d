// The crew at work in a made-up workshop where orders take drawn times: what comes out depends on no
// timing, no hand is idle while something can be run, and nothing is run without need.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runHunts, type Workshop } from "../../src/kill/crew.js";
import { Hunt, type Kill } from "../../src/kill/hunt.js";
import type { Mutant } from "../../src/kill/mutant.js";
import { ORIGINAL, type Answer, type Order } from "../../src/kill/orders.js";

/** Which seeds of a mutant fail. */
type Faults = Readonly<Record<string, readonly number[]>>;

function mutant(id: string, situation?: string): Mutant {
  const edits = [{ file: "core/src/x.ts", find: "a", replace: "b" }];
  const base = { id, title: id, origin: "o", edits, expect: ["R1"], needs: [] };
  return situation === undefined ? base : { ...base, situation };
}

interface Options {
  readonly faults: Faults;
  readonly hands: number;
  /** Seeds that fail without a mutant too. */
  readonly anyway?: readonly number[];
  readonly situations?: Readonly<Record<string, string>>;
  /** Steps of the made-up clock that an order takes. */
  readonly stepsOf?: (order: Order) => number;
  readonly to?: number;
}

interface Log {
  readonly kills: Kill[];
  readonly orders: { readonly hand: number; readonly order: Order; readonly busy: number }[];
  readonly closed: string[];
}

/** A workshop on a clock of its own: in each step one unit of work is done on every order under way. */
class MadeUpWorkshop implements Workshop {
  readonly log: Log = { kills: [], orders: [], closed: [] };
  private readonly options: Options;
  private readonly running = new Map<
    number,
    { order: Order; left: number; done: (answer: Answer | undefined) => void }
  >();

  constructor(options: Options) {
    this.options = options;
  }

  carryOut(hand: number, order: Order): Promise<Answer | undefined> {
    if (this.running.has(hand)) throw new Error(`hand ${hand} has two orders`);
    if (this.log.closed.includes(order.copy)) throw new Error(`${order.copy} is closed`);
    return new Promise((done) => {
      this.running.set(hand, { order, left: this.options.stepsOf?.(order) ?? 1, done });
      this.log.orders.push({ hand, order, busy: this.running.size });
    });
  }

  close(copy: string): void {
    this.log.closed.push(copy);
    for (const [hand, { order, done }] of this.running) {
      if (order.copy !== copy) continue;
      this.running.delete(hand);
      done(undefined);
    }
  }

  /** Lets time pass until all is over. */
  async turn(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      for (const [hand, at] of [...this.running]) {
        at.left -= 1;
        if (at.left > 0 || !this.running.has(hand)) continue;
        this.running.delete(hand);
        at.done(this.answerTo(at.order));
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  private answerTo(order: Order): Answer {
    const { faults, anyway = [], situations = {} } = this.options;
    if (order.kind === "tests") {
      const name = order.copy === ORIGINAL ? undefined : situations[order.copy];
      const file = "sim/test/host/a.test.ts";
      return { tests: name === undefined ? [] : [{ file, name }], cpuMs: 0 };
    }
    const isBad = anyway.includes(order.seed) || (faults[order.copy] ?? []).includes(order.seed);
    const failure = isBad ? { rule: `R${order.seed}`, message: "m" } : undefined;
    return { failure, cpuMs: 1000 };
  }
}

async function run(options: Options): Promise<Log> {
  const { faults, hands, situations = {}, to = 20 } = options;
  const workshop = new MadeUpWorkshop(options);
  const file = "sim/test/host/a.test.ts";
  const mutants = Object.keys(faults).map((id) => mutant(id, id in situations ? file : undefined));
  const withSituations = options.situations !== undefined;
  const hunts = mutants.map((one) => new Hunt(one, { from: 1, to }, withSituations));
  let isOver = false;
  const onKill = (kill: Kill): void => void workshop.log.kills.push(kill);
  const all = runHunts(hunts, { hands, workshop, onKill }).then(() => {
    isOver = true;
  });
  await workshop.turn(() => isOver);
  await all;
  return workshop.log;
}

const verdicts = (log: Log): Record<string, number | string | null> =>
  Object.fromEntries(log.kills.map((k) => [k.id, k.situation ?? k.seed]));

describe("a crew", () => {
  test("finds for every mutant the lowest seed, whatever the number of hands and the times", async () => {
    const ids = ["dec-1", "dec-2", "dec-3", "dec-4"];
    const seeds = fc.uniqueArray(fc.integer({ min: 1, max: 20 }), { maxLength: 4 });
    const hands = fc.integer({ min: 1, max: 5 });
    const times = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 7, maxLength: 7 });
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(seeds, seeds, seeds, seeds),
        seeds,
        hands,
        times,
        async (bad, anyway, count, steps) => {
          const faults = Object.fromEntries(ids.map((id, i) => [id, bad[i]]));
          const stepsOf = (order: Order): number =>
            order.kind === "seed" ? steps[(order.seed * 5 + order.copy.length) % 7] : 1;
          const log = await run({ faults, hands: count, anyway, stepsOf });
          const lowest = (list: readonly number[]): number | null =>
            list
              .filter((n) => !anyway.includes(n))
              .sort((a, b) => a - b)
              .at(0) ?? null;
          expect(verdicts(log)).toEqual(
            Object.fromEntries(ids.map((id, i) => [id, lowest(bad[i])])),
          );
          const names = log.orders.map(({ order }) => JSON.stringify(order));
          expect(new Set(names).size).toBe(names.length);
          expect([...log.closed].sort()).toEqual(ids);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("helps the last mutant with every hand", async () => {
    const log = await run({ faults: { "dec-1": [1], "dec-2": [20] }, hands: 3 });
    expect(verdicts(log)).toEqual({ "dec-1": 1, "dec-2": 20 });
    const last = log.orders.filter(({ order }) => order.copy === "dec-2").slice(-9);
    expect(new Set(last.map(({ hand }) => hand)).size).toBe(3);
    expect(last.map(({ busy }) => busy)).toContain(3);
  });

  test("stays at a mutant, and shares out what is hard", async () => {
    const log = await run({ faults: { "dec-1": [], "dec-2": [] }, hands: 4, to: 12 });
    const at = new Map<number, Set<string>>();
    for (const { hand, order } of log.orders) {
      at.set(hand, (at.get(hand) ?? new Set()).add(order.copy));
    }
    // Two hands each, from the first seed to the last.
    expect([...at.values()].map((copies) => copies.size)).toEqual([1, 1, 1, 1]);
    expect([...at.values()].filter((copies) => copies.has("dec-1"))).toHaveLength(2);
  });

  test("asks the original once per seed", async () => {
    const log = await run({ faults: { "dec-1": [2], "dec-2": [2], "dec-3": [2] }, hands: 3 });
    const controls = log.orders.filter(({ order }) => order.copy === ORIGINAL);
    expect(controls.map(({ order }) => order)).toEqual([{ kind: "seed", copy: ORIGINAL, seed: 2 }]);
    expect(verdicts(log)).toEqual({ "dec-1": 2, "dec-2": 2, "dec-3": 2 });
  });

  test("starts no seed above one that failed, and drops those under way", async () => {
    const stepsOf = (order: Order): number =>
      order.kind === "seed" && order.seed > 1 && order.copy !== ORIGINAL ? 50 : 1;
    const log = await run({ faults: { "dec-1": [1] }, hands: 4, stepsOf });
    const seeds = log.orders.flatMap(({ order }) =>
      order.kind === "seed" && order.copy === "dec-1" ? [order.seed] : [],
    );
    expect(seeds).toEqual([1, 2, 3, 4]);
    expect(log.kills).toMatchObject([{ seed: 1, seedsTried: 1, cpuSeconds: 1 }]);
  });

  test("begins with situations, which nobody can help with", async () => {
    const name = "D-7: a copy";
    const faults = { "dec-1": [5], "dec-2": [], "dec-3": [] };
    const log = await run({ faults, hands: 2, situations: { "dec-3": name } });
    expect(log.orders[0].order).toMatchObject({ kind: "tests", copy: "dec-3" });
    expect(verdicts(log)).toEqual({
      "dec-1": 5,
      "dec-2": null,
      "dec-3": `sim/test/host/a.test.ts: ${name}`,
    });
  });

  test("fails when an order cannot be carried out", async () => {
    const workshop: Workshop = {
      carryOut: () => Promise.reject(new Error("no room on the disk")),
      close: () => undefined,
    };
    const hunts = [new Hunt(mutant("dec-1"), { from: 1, to: 2 }, false)];
    const all = runHunts(hunts, { hands: 2, workshop, onKill: () => undefined });
    await expect(all).rejects.toThrow("no room on the disk");
  });
});
