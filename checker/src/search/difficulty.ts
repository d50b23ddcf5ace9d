// Guesses which partitions are easy, so that those are searched first. What makes a search hard is
// how many operations that change the state are open at one time: their orders multiply. One that
// never returned stays open to the end.
import type { Model, Operation, Partition } from "./model.js";

interface Moment {
  readonly at: number;
  /** 1 for a call, -1 for a return. */
  readonly change: number;
}

/** A call at the moment of a return overlaps it, so calls come first. */
function inTime(a: Moment, b: Moment): number {
  return a.at - b.at || b.change - a.change;
}

/** Most operations open at one time, of those that may change the state. */
function widthOf<S, I, O>(
  model: Model<S, I, O>,
  operations: readonly Operation<I, O>[],
  { operations: members }: Partition,
): number {
  const moments: Moment[] = [];
  for (const index of members) {
    const operation = operations[index];
    if (operation === undefined) continue;
    if (model.isReadOnly?.(operation.input, operation.output) === true) continue;
    moments.push({ at: operation.call, change: 1 });
    if (operation.ret < Infinity) moments.push({ at: operation.ret, change: -1 });
  }
  moments.sort(inTime);
  let open = 0;
  let most = 0;
  for (const { change } of moments) {
    open += change;
    if (open > most) most = open;
  }
  return most;
}

/** Places in `parts`, easiest first; equally easy ones keep their order. */
export function easiestFirst<S, I, O>(
  model: Model<S, I, O>,
  operations: readonly Operation<I, O>[],
  parts: readonly Partition[],
): number[] {
  const graded = parts.map((part, at) => ({
    at,
    width: widthOf(model, operations, part),
    count: part.operations.length,
  }));
  graded.sort((a, b) => a.width - b.width || a.count - b.count || a.at - b.at);
  return graded.map(({ at }) => at);
}
