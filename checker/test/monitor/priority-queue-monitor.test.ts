import { describe, expect, it, vi } from "vitest";
import type {
  LeasedQueueInput,
  LeasedQueueOutput,
  Model,
  MonitorResult,
  Operation,
  PriorityQueueInput,
  PriorityQueueOutput,
} from "../../src/index.js";
import {
  checkOperations,
  leasedPriorityQueue,
  monitorLeasedPriorityQueue,
  monitorPriorityQueue,
  priorityQueue,
  textOf,
} from "../../src/index.js";
import { leasedQueueDomain, priorityQueueDomain } from "../support/domains.js";
import type { Domain } from "../support/histories.js";
import { mutate, randomHistory } from "../support/histories.js";
import { Random } from "../support/random.js";

// Many histories on a busy machine: slowness is no failure.
vi.setConfig({ testTimeout: 1_800_000 });

/** 100,000 histories in all over the four comparisons below. */
const HISTORIES = 25_000;

interface Tally {
  legal: number;
  illegal: number;
  /** The monitor decided these alone. */
  exact: number;
  missed: number;
}

function compare<S, I, O>(
  model: Model<S, I, O>,
  monitor: (operations: Operation<I, O>[]) => MonitorResult,
  domain: Domain<I, O>,
  lostPercent: number,
): Tally {
  const tally = { legal: 0, illegal: 0, exact: 0, missed: 0 };
  for (let seed = 1; seed <= HISTORIES; seed += 1) {
    const random = new Random(seed + lostPercent * 1e6);
    const size = { processes: 2 + random.below(3), operations: 3 + random.below(6), lostPercent };
    const legal = randomHistory(model, domain, random, size);
    const wrong = () =>
      mutate(mutate(mutate(legal, domain, random), domain, random), domain, random);
    const history = seed % 2 === 0 ? wrong() : legal;
    const expected = checkOperations(model, history).verdict;
    const found = monitor(history);
    const agrees = found.verdict === expected;
    // Where something stays undecided the monitor may miss, but it never accuses a legal history.
    if (!agrees && (found.exact || found.verdict === "illegal")) {
      const shown = history.map((one) => textOf(one)).join("\n");
      expect.fail(`seed ${seed}: monitor ${textOf(found)}, search ${expected}\n${shown}`);
    }
    tally[expected === "ok" ? "legal" : "illegal"] += 1;
    if (found.exact) tally.exact += 1;
    if (!agrees) tally.missed += 1;
  }
  return tally;
}

/** Settles that are answered at all are answered true: the part the monitor decides exactly. */
const settledDomain: Domain<LeasedQueueInput, LeasedQueueOutput> = {
  inputs: (random, process, nth) => leasedQueueDomain.inputs(random, process, nth),
  outputs: (input) =>
    input.f === "push" || input.f === "pop" ? leasedQueueDomain.outputs(input) : [true],
};

describe("monitor and search agree", () => {
  it("priority queue, every answer known", () => {
    const model = priorityQueue("MIN");
    const tally = compare(model, (ops) => monitorPriorityQueue(ops, "MIN"), priorityQueueDomain, 0);
    expect(tally).toMatchObject({ exact: HISTORIES, missed: 0 });
    expect(Math.min(tally.legal, tally.illegal)).toBeGreaterThan(HISTORIES / 5);
  });

  it("priority queue under MAX, some operations never return", () => {
    const model = priorityQueue("MAX");
    const tally = compare(model, (ops) => monitorPriorityQueue(ops, "MAX"), priorityQueueDomain, 8);
    expect(tally.exact).toBeGreaterThan(HISTORIES / 2);
    expect(tally.missed).toBeLessThan(tally.illegal / 20);
    expect(Math.min(tally.legal, tally.illegal)).toBeGreaterThan(HISTORIES / 10);
  });

  it("leased priority queue, settles accepted or lost", () => {
    const model = leasedPriorityQueue("MIN");
    const tally = compare(model, (ops) => monitorLeasedPriorityQueue(ops, "MIN"), settledDomain, 2);
    expect(tally.exact).toBeGreaterThan(HISTORIES / 2);
    expect(tally.missed).toBeLessThan(tally.illegal / 20);
    expect(Math.min(tally.legal, tally.illegal)).toBeGreaterThan(HISTORIES / 10);
  });

  it("leased priority queue under MAX, with refusals and lost answers", () => {
    const model = leasedPriorityQueue("MAX");
    const run = (ops: Operation<LeasedQueueInput, LeasedQueueOutput>[]) =>
      monitorLeasedPriorityQueue(ops, "MAX");
    const tally = compare(model, run, leasedQueueDomain, 5);
    expect(tally.legal).toBeGreaterThan(HISTORIES / 10);
    expect(tally.illegal).toBeGreaterThan(tally.missed);
  });
});

type Plain = readonly [PriorityQueueInput, PriorityQueueOutput | undefined, number, number?];
type Leased = readonly [LeasedQueueInput, LeasedQueueOutput | undefined, number, number?];

function operations<I, O>(rows: readonly (readonly [I, O | undefined, number, number?])[]) {
  return rows.map(([input, output, call, ret], process): Operation<I, O> => ({
    process,
    input,
    output,
    call,
    ret: ret ?? Infinity,
  }));
}

const push = (id: string, priority: number) =>
  ({ f: "push", id, priority: BigInt(priority) }) as const;
const pop = { f: "pop" } as const;
const end = (f: "ack" | "nack" | "expire", id: string, fence: number) =>
  ({ f, id, fence }) as const;

describe("priority queue", () => {
  const legal: [string, Plain[]][] = [
    [
      "the better push overlaps the pop",
      [
        [push("a", 1), true, 0, 9],
        [push("b", 2), true, 1, 2],
        [pop, { id: "b" }, 3, 4],
        [pop, { id: "a" }, 5, 6],
      ],
    ],
    [
      "empty while a push is open",
      [
        [push("a", 1), true, 0, 9],
        [pop, null, 1, 2],
        [pop, { id: "a" }, 3, 10],
      ],
    ],
    [
      "a lost pop took the better one",
      [
        [push("a", 1), true, 0, 1],
        [push("b", 2), true, 2, 3],
        [pop, undefined, 4],
        [pop, { id: "b" }, 5, 6],
      ],
    ],
    [
      "a lost push was popped",
      [
        [push("a", 1), undefined, 0],
        [pop, { id: "a" }, 5, 6],
      ],
    ],
  ];
  it.each(legal)("legal: %s", (_name, rows) => {
    expect(monitorPriorityQueue(operations(rows)).verdict).toBe("ok");
  });

  const illegal: [string, Plain[], string, number[]][] = [
    [
      "worse first",
      [
        [push("a", 1), true, 0, 1],
        [push("b", 2), true, 2, 3],
        [pop, { id: "b" }, 4, 5],
      ],
      "b was popped although a stood before it",
      [1, 2, 0],
    ],
    [
      "two better ones relieve each other",
      [
        [push("a", 1), true, 0, 1],
        [push("c", 3), true, 0, 1],
        [pop, { id: "a" }, 12, 20],
        [push("b", 2), true, 8, 10],
        [pop, { id: "c" }, 5, 15],
        [pop, { id: "b" }, 18, 22],
      ],
      "c was popped although",
      [1, 4, 0, 2, 3, 5],
    ],
    [
      "one lost pop cannot take two",
      [
        [push("a", 1), true, 0, 1],
        [push("b", 1), true, 0, 1],
        [push("c", 2), true, 0, 1],
        [pop, undefined, 4],
        [pop, { id: "c" }, 5, 6],
      ],
      "a, b stood before it all the time, and 1 unanswered pop(s) took too few",
      [2, 4, 0, 1, 3],
    ],
    [
      "a lost pop that came too late",
      [
        [push("a", 1), true, 0, 1],
        [push("b", 2), true, 2, 3],
        [pop, { id: "b" }, 4, 5],
        [pop, undefined, 6],
      ],
      "a stood",
      [1, 2, 0],
    ],
    [
      "empty although filled",
      [
        [push("a", 1), true, 0, 1],
        [pop, null, 2, 3],
      ],
      "a pop answered empty although a stood",
      [1, 0],
    ],
    [
      "popped before pushed",
      [
        [pop, { id: "a" }, 0, 1],
        [push("a", 1), true, 2, 3],
      ],
      "it cannot have been there",
      [1, 0],
    ],
    [
      "popped twice",
      [
        [push("a", 1), true, 0, 1],
        [pop, { id: "a" }, 2, 3],
        [pop, { id: "a" }, 4, 5],
      ],
      "popped twice",
      [1, 2],
    ],
    ["out of thin air", [[pop, { id: "a" }, 2, 3]], "never pushed", [0]],
    [
      "a retried push made a second item",
      [
        [push("a", 1), true, 0, 1],
        [push("a", 1), true, 2, 3],
      ],
      "pushed twice",
      [0, 1],
    ],
  ];
  it.each(illegal)("illegal: %s", (_name, rows, words, proof) => {
    expect(checkOperations(priorityQueue(), operations(rows)).verdict).toBe("illegal");
    expect(monitorPriorityQueue(operations(rows))).toMatchObject({
      verdict: "illegal",
      sentence: expect.stringContaining(words) as string,
      operations: proof,
    });
  });
});

describe("leased priority queue", () => {
  const grant = (id: string, fence: number) => ({ id, fence });
  const legal: [string, Leased[]][] = [
    [
      "nack puts it back before the worse one",
      [
        [push("a", 1), true, 0, 1],
        [push("b", 2), true, 0, 1],
        [pop, grant("a", 1), 2, 3],
        [end("nack", "a", 1), true, 4, 5],
        [pop, grant("a", 2), 6, 7],
        [end("ack", "a", 2), true, 8, 9],
        [pop, grant("b", 1), 10, 11],
      ],
    ],
    [
      "an expiry at an unknown moment",
      [
        [push("a", 1), true, 0, 1],
        [push("b", 2), true, 0, 1],
        [pop, grant("a", 1), 2, 3],
        [end("expire", "a", 1), undefined, 3],
        [pop, grant("b", 1), 6, 7],
        [pop, grant("a", 2), 8, 9],
      ],
    ],
  ];
  it.each(legal)("legal: %s", (_name, rows) => {
    expect(monitorLeasedPriorityQueue(operations(rows)).verdict).toBe("ok");
  });

  const illegal: [string, Leased[], string, number[]][] = [
    [
      "a nacked message waited while a worse one went",
      [
        [push("a", 1), true, 0, 1],
        [push("b", 2), true, 0, 1],
        [pop, grant("a", 1), 2, 3],
        [end("nack", "a", 1), true, 4, 5],
        [pop, grant("b", 1), 6, 7],
      ],
      "b was popped although a stood before it",
      [1, 4, 3],
    ],
    [
      "leased to two at once",
      [
        [push("a", 1), true, 0, 1],
        [pop, grant("a", 1), 2, 3],
        [pop, grant("a", 2), 4, 5],
      ],
      "was live",
      [1, 2],
    ],
    [
      "granted after its ack",
      [
        [push("a", 1), true, 0, 1],
        [pop, grant("a", 1), 2, 3],
        [end("ack", "a", 1), true, 4, 5],
        [pop, grant("a", 2), 6, 7],
      ],
      "after its ack",
      [2, 3],
    ],
    [
      "a lease ended twice",
      [
        [push("a", 1), true, 0, 1],
        [pop, grant("a", 1), 2, 3],
        [end("nack", "a", 1), true, 4, 5],
        [end("ack", "a", 1), true, 6, 7],
      ],
      "ended twice",
      [2, 3],
    ],
    [
      "two consumers hold the same fence",
      [
        [push("a", 1), true, 0, 1],
        [pop, grant("a", 1), 2, 9],
        [pop, grant("a", 1), 3, 8],
      ],
      "popped twice with fence 1",
      [1, 2],
    ],
    [
      "a made-up token was accepted",
      [
        [push("a", 1), true, 0, 1],
        [end("ack", "a", 7), true, 2, 3],
      ],
      "fence 7 of a was used but never granted",
      [1],
    ],
    [
      "a fence was skipped",
      [
        [push("a", 1), true, 0, 1],
        [pop, grant("a", 2), 2, 3],
      ],
      "fence 1 was skipped",
      [1],
    ],
    [
      "acked before it was granted",
      [
        [push("a", 1), true, 0, 1],
        [end("ack", "a", 1), true, 2, 3],
        [pop, grant("a", 1), 4, 5],
      ],
      "it cannot have been there",
      [0, 2, 1],
    ],
  ];
  it.each(illegal)("illegal: %s", (_name, rows, words, proof) => {
    expect(checkOperations(leasedPriorityQueue(), operations(rows)).verdict).toBe("illegal");
    expect(monitorLeasedPriorityQueue(operations(rows))).toMatchObject({
      verdict: "illegal",
      sentence: expect.stringContaining(words) as string,
      operations: proof,
    });
  });
});
