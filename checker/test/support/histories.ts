// Random small histories of a model: several processes run operations that really take effect at one
// moment between call and return; some never return, some of those take effect. A mutated history
// has one answer or one moment changed and is usually, not always, illegal.
import type { Model, Operation } from "../../src/index.js";
import type { Random } from "./random.js";

/** What may be asked of a model, and which answers exist at all. */
export interface Domain<I, O> {
  inputs: (random: Random, process: number, nth: number) => I;
  outputs: (input: I) => readonly O[];
}

interface Running<I, O> {
  index: number;
  input: I;
  output: O | undefined;
  done: boolean;
}

function answers<S, I, O>(model: Model<S, I, O>, state: S, input: I, outputs: readonly O[]) {
  return outputs.flatMap((output) => {
    const one = model.steps === undefined ? model.step(state, input, output) : undefined;
    const after = model.steps?.(state, input, output) ?? (one === undefined ? [] : [one]);
    return after.map((next) => ({ output, next }));
  });
}

export function randomHistory<S, I, O>(
  model: Model<S, I, O>,
  domain: Domain<I, O>,
  random: Random,
  size: { processes: number; operations: number; lostPercent: number },
): Operation<I, O>[] {
  const operations: Operation<I, O>[] = [];
  const running: (Running<I, O> | undefined)[] = new Array(size.processes).fill(undefined);
  let state = model.init();
  let time = 0;
  const apply = (one: Running<I, O>): void => {
    const choices = answers(model, state, one.input, domain.outputs(one.input));
    one.done = true;
    if (choices.length === 0) return;
    const { output, next } = random.pick(choices);
    one.output = output;
    state = next;
  };
  while (operations.length < size.operations || running.some((one) => one !== undefined)) {
    const process = random.below(size.processes);
    const one = running[process];
    time += 1;
    if (one === undefined) {
      if (operations.length >= size.operations) continue;
      const input = domain.inputs(random, process, operations.length);
      running[process] = { index: operations.length, input, output: undefined, done: false };
      operations.push({ process, input, output: undefined, call: time, ret: Infinity });
    } else if (random.chance(size.lostPercent, 100)) {
      running[process] = undefined;
    } else if (!one.done) {
      apply(one);
    } else {
      running[process] = undefined;
      if (one.output === undefined) continue;
      operations[one.index] = { ...operations[one.index], output: one.output, ret: time };
    }
  }
  return operations;
}

/** One answer changed, or one operation moved after all others it overlapped. */
export function mutate<I, O>(
  operations: readonly Operation<I, O>[],
  domain: Domain<I, O>,
  random: Random,
): Operation<I, O>[] {
  const changed = [...operations];
  const returned = changed.flatMap((one, index) => (one.output === undefined ? [] : [index]));
  if (returned.length === 0) return changed;
  const index = random.pick(returned);
  const one = changed[index];
  if (random.chance(1, 3)) {
    const length = Math.min(one.ret - one.call, 1);
    const call = random.below(3 * operations.length) + 0.5;
    changed[index] = { ...one, call, ret: call + length };
  } else {
    changed[index] = { ...one, output: random.pick(domain.outputs(one.input)) };
  }
  return changed;
}
