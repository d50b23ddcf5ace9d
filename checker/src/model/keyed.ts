// Turns a model of one object into a model of many independent ones: every input names the object
// it belongs to, and the history is split by that name before the model's own partition.
import type { Model, Operation, Partition } from "../search/model.js";
import { describeOperation, partitionBy } from "../search/model.js";

/** An input with the key of the object it belongs to ("" when there is only one). */
export interface Keyed<I> {
  readonly key: string;
  readonly input: I;
}

function splitKeyed<S, I, O>(
  model: Model<S, I, O>,
  operations: readonly Operation<Keyed<I>, O>[],
): Partition[] {
  return partitionBy(operations, ({ key }) => key).flatMap(({ key, operations: members }) => {
    const inner = members.flatMap((index) => {
      const one = operations[index];
      return one === undefined ? [] : [{ ...one, input: one.input.input }];
    });
    const whole = [{ key: "", operations: inner.map((_, index) => index) }];
    return (model.partition?.(inner) ?? whole).map((part) => ({
      key: [key, part.key].filter((text) => text !== "").join("/"),
      operations: part.operations.map((index) => members[index] ?? 0),
    }));
  });
}

export function keyedModel<S, I, O>(model: Model<S, I, O>): Model<S, Keyed<I>, O> {
  const keyed: Model<S, Keyed<I>, O> = {
    ...model,
    step: (state, { input }, output) => model.step(state, input, output),
    isReadOnly: ({ input }, output) => model.isReadOnly?.(input, output) ?? false,
    describeOperation({ key, input }, output) {
      return `${key === "" ? "" : `[${key}] `}${describeOperation(model, { input, output })}`;
    },
    canReach: (state, { input }, output, others) =>
      model.canReach?.(
        state,
        input,
        output,
        others.map((other) => other.input),
      ) ?? true,
    partition: (operations) => splitKeyed(model, operations),
    steps: (state, { input }, output) => model.steps?.(state, input, output) ?? [],
  };
  // The search asks whether these exist, so they must be absent where they were.
  if (model.steps === undefined) delete keyed.steps;
  if (model.canReach === undefined) delete keyed.canReach;
  return keyed;
}
