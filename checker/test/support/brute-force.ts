// The definition of linearizability, written as directly as possible: try every order. Only for
// histories of a handful of operations; it is what the search is compared with.
import type { Model, Operation } from "../../src/index.js";

export function linearizable<S, I, O>(
  model: Model<S, I, O>,
  operations: readonly Operation<I, O>[],
): boolean {
  const placed = new Set<number>();
  const mayComeNext = (index: number): boolean =>
    operations.every(
      (other, at) => placed.has(at) || at === index || other.ret >= operations[index].call,
    );
  const tryFrom = (state: S): boolean => {
    if (operations.every((operation, at) => placed.has(at) || operation.ret === Infinity))
      return true;
    return operations.some((operation, index) => {
      if (placed.has(index) || !mayComeNext(index)) return false;
      const { input, output } = operation;
      const one = model.steps === undefined ? model.step(state, input, output) : undefined;
      const after = model.steps?.(state, input, output) ?? (one === undefined ? [] : [one]);
      placed.add(index);
      const works = after.some(tryFrom);
      placed.delete(index);
      return works;
    });
  };
  return tryFrom(model.init());
}
