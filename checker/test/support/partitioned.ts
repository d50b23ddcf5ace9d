// Histories of many keys for the tests of fairness: keys that are legal by construction and yet cost
// the search more than a test may take, and keys that are illegal at some depth.
import type { HistoryLine, Operation, RegisterInput, RegisterOutput } from "../../src/index.js";
import { casRegister } from "../../src/index.js";
import type { Keyed } from "../../src/model/keyed.js";
import type { Domain } from "./histories.js";
import { randomHistory } from "./histories.js";
import { Random } from "./random.js";

export type KeyHistory = Operation<RegisterInput, RegisterOutput>[];

/** Writes, compare-and-sets and reads of a few values, so that most of them may explain one another. */
function domain(values: number): Domain<RegisterInput, RegisterOutput> {
  return {
    inputs(random) {
      const kind = random.below(10);
      if (kind < 3) return { f: "write", value: random.below(values) };
      if (kind < 8) return { f: "cas", from: random.below(values), to: random.below(values) };
      return { f: "read" };
    },
    outputs({ f }) {
      const all = [null, ...Array.from({ length: values }, (_, value) => value)];
      if (f === "read") return all.map((value) => ({ value }));
      return f === "write" ? [true] : [true, false];
    },
  };
}

/**
 * A legal key that 60 clients use at one time. How hard it is to find its order is a matter of luck
 * with the seed.
 */
export function crowdedKey(seed: number): KeyHistory {
  const size = { processes: 60, operations: 300, lostPercent: 1 };
  return randomHistory(casRegister(), domain(10), new Random(seed), size);
}

/** Seeds of crowded keys that take more than 300,000 placements. */
export const HARD_SEEDS: readonly number[] = [1, 2, 3, 5, 7, 8, 10, 13, 17, 18, 23];
/** Seeds of crowded keys that take from 70,000 to 140,000. */
export const MIDDLE_SEEDS: readonly number[] = [6, 14, 22, 24];

/** A legal key that 150 clients use at one time: those of VAST_SEEDS take more than 8,000,000. */
export function vastKey(seed: number): KeyHistory {
  const size = { processes: 150, operations: 450, lostPercent: 1 };
  return randomHistory(casRegister(), domain(16), new Random(seed), size);
}

export const VAST_SEEDS: readonly number[] = [3, 4, 5, 6, 8, 9];

/** A legal key that a few clients use, decided in about as many placements as it has operations. */
export function easyKey(seed: number): KeyHistory {
  const size = { processes: 3, operations: 40, lostPercent: 0 };
  return randomHistory(casRegister(), domain(5), new Random(seed), size);
}

/**
 * When all clients have fallen silent, two reads see two values: only after trying all orders of what
 * came before is it certain that none explains them.
 */
export function illegalKey(seed: number, clients = 12, operations = 80): KeyHistory {
  const size = { processes: clients, operations, lostPercent: 0 };
  const before = randomHistory(casRegister(), domain(5), new Random(seed), size);
  const last = before.reduce((latest, { ret }) => Math.max(latest, ret), 0);
  const read = (value: number, call: number) =>
    ({ process: 0, input: { f: "read" }, output: { value }, call, ret: call + 1 }) as const;
  return [...before, read(3, last + 1), read(4, last + 3)];
}

export type KeyedOperation = Operation<Keyed<RegisterInput>, RegisterOutput>;

/** The keys as one history of `historyModel("cas-register")`, named k0, k1, ... */
export function keyed(keys: readonly KeyHistory[]): KeyedOperation[] {
  return keys.flatMap((operations, at) =>
    operations.map((one) => ({ ...one, input: { key: `k${at}`, input: one.input } })),
  );
}

/** The same as it would be recorded, with values `[key value]`. */
export function recordedLines(operations: readonly KeyedOperation[]): HistoryLine[] {
  const halves = operations.flatMap(({ input: { key, input }, output, call, ret }, id) => {
    const { f } = input;
    const asked = f === "read" ? null : f === "write" ? input.value : [input.from, input.to];
    const answer = typeof output === "object" ? output.value : asked;
    const line = (type: "invoke" | "ok" | "fail", time: number, value: unknown): HistoryLine => {
      return { id, process: id, type, f, time, value: [key, value] };
    };
    const invoke = line("invoke", call, asked);
    if (output === undefined) return [invoke];
    return [invoke, line(output === false ? "fail" : "ok", ret, answer)];
  });
  return halves.sort((a, b) => (a.time ?? 0) - (b.time ?? 0));
}
