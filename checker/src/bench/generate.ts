// Histories for the bench, made from a seed: what real logs look like in size, overlap and lost
// answers. Every operation takes effect at one moment between its call and its return; the illegal
// ones have answers changed afterwards.
import type { KvInput, KvOutput } from "../model/kv.js";
import type { RegisterInput, RegisterOutput } from "../model/register.js";
import type { Operation } from "../search/model.js";

/** A small generator whose numbers are the same everywhere. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  u32(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let h = this.#state;
    h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
    h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
    return (h ^ (h >>> 15)) >>> 0;
  }

  below(limit: number): number {
    return this.u32() % limit;
  }

  /** Exponential with this mean, at least 1. */
  wait(mean: number): number {
    return 1 - Math.log((this.u32() + 1) / 2 ** 32) * mean;
  }
}

interface Draft<I> {
  process: number;
  input: I;
  call: number;
  /** When it takes effect; Infinity: never. */
  effect: number;
  ret: number;
}

interface Shape {
  readonly processes: number;
  readonly operations: number;
  readonly meanLengthMs: number;
  readonly meanPauseMs: number;
  /** Of 1000 operations, how many never return (half of those take effect). */
  readonly lostPerMille: number;
}

/** Operations of several processes; a process whose answer is lost goes on under a new number. */
function draft<I>(random: Random, shape: Shape, input: (random: Random) => I): Draft<I>[] {
  const drafts: Draft<I>[] = [];
  let names = shape.processes;
  const processes = Array.from({ length: shape.processes }, (_, name) => ({
    name,
    at: random.wait(shape.meanPauseMs),
  }));
  for (let count = 0; count < shape.operations; count += 1) {
    const one = processes.reduce((a, b) => (a.at <= b.at ? a : b));
    const call = one.at;
    const length = random.wait(shape.meanLengthMs);
    const effect = call + (length * random.below(1000)) / 1000;
    const lost = random.below(1000) < shape.lostPerMille;
    const late = random.below(2) === 0 ? effect : Infinity;
    drafts.push({
      process: one.name,
      input: input(random),
      call,
      effect: lost ? late : effect,
      ret: lost ? Infinity : call + length,
    });
    if (lost) one.name = names++;
    one.at = call + length * (lost ? 4 : 1) + random.wait(shape.meanPauseMs);
  }
  return drafts;
}

/** Applies the drafts at their moments and writes down what each saw. */
function play<I, O>(drafts: readonly Draft<I>[], apply: (input: I) => O): Operation<I, O>[] {
  const answers = new Map<Draft<I>, O>();
  const effective = drafts.filter((one) => one.effect < Infinity);
  effective.sort((a, b) => a.effect - b.effect);
  for (const one of effective) answers.set(one, apply(one.input));
  return drafts.map((one) => {
    const output = one.ret < Infinity ? answers.get(one) : undefined;
    return { process: one.process, input: one.input, output, call: one.call, ret: one.ret };
  });
}

const VALUES = 5;

/** A compare-and-set register log like those of a five-node Jepsen test. */
export function registerLog(seed: number): Operation<RegisterInput, RegisterOutput>[] {
  const random = new Random(seed);
  const shape: Shape = {
    processes: 5,
    operations: 50 + random.below(70),
    meanLengthMs: 100,
    meanPauseMs: 60,
    lostPerMille: 155,
  };
  const drafts = draft(random, shape, (draw): RegisterInput => {
    const kind = draw.below(3);
    if (kind === 0) return { f: "read" };
    if (kind === 1) return { f: "write", value: draw.below(VALUES) };
    return { f: "cas", from: draw.below(VALUES), to: draw.below(VALUES) };
  });
  let value: unknown = null;
  const legal = play(drafts, (input): RegisterOutput => {
    if (input.f === "read") return { value };
    if (input.f === "write") {
      value = input.value;
      return true;
    }
    const matches = value === input.from;
    if (matches) value = input.to;
    return matches;
  });
  return seed % 4 === 0 ? legal : spoilRegister(legal, random);
}

/** A stale read or a wrong compare-and-set, usually late in the log. */
function spoilRegister(
  legal: readonly Operation<RegisterInput, RegisterOutput>[],
  random: Random,
): Operation<RegisterInput, RegisterOutput>[] {
  const spoiled = [...legal];
  for (let times = 30; times > 0; times -= 1) {
    const from = Math.floor(spoiled.length / 2);
    const at = from + random.below(spoiled.length - from);
    const one = spoiled[at];
    if (one?.output === undefined || one.input.f === "write") continue;
    const output = one.input.f === "read" ? { value: random.below(VALUES) } : one.output !== true;
    spoiled[at] = { ...one, output };
  }
  return spoiled;
}

/** A key-value log: gets, puts and appends on a few keys by many clients. */
export function kvLog(
  seed: number,
  clients: number,
  operations: number,
  legal: boolean,
): Operation<KvInput, KvOutput>[] {
  const random = new Random(seed);
  let nth = 0;
  const shape = {
    processes: clients,
    operations,
    meanLengthMs: 100,
    meanPauseMs: 5,
    lostPerMille: 0,
  };
  const drafts = draft(random, shape, (draw): KvInput => {
    const key = `k${draw.below(10)}`;
    const kind = draw.below(10);
    nth += 1;
    if (kind < 5) return { f: "get", key };
    return kind < 9
      ? { f: "append", key, value: `x${nth}y` }
      : { f: "put", key, value: `x${nth}y` };
  });
  const store = new Map<string, string>();
  const played = play(drafts, (input): KvOutput => {
    const old = store.get(input.key) ?? "";
    if (input.f === "get") return { value: old };
    if (input.f === "cas") return false;
    store.set(input.key, input.f === "put" ? input.value : old + input.value);
    return true;
  });
  return legal ? played : spoilKv(played);
}

/** One late get misses an append that was long done: the second of its value. */
function spoilKv(legal: readonly Operation<KvInput, KvOutput>[]): Operation<KvInput, KvOutput>[] {
  const spoiled = [...legal];
  const at = spoiled.findLastIndex(
    ({ input, output }, index) =>
      index < spoiled.length * 0.9 &&
      input.f === "get" &&
      typeof output === "object" &&
      (output.value ?? "").length > 40,
  );
  const one = spoiled[at];
  if (one === undefined || typeof one.output !== "object") return spoiled;
  const value = (one.output.value ?? "").replace(/^(x\d+y)x\d+y/, "$1");
  spoiled[at] = { ...one, output: { value } };
  return spoiled;
}
