// What a model of a data type is, in the vocabulary of the field. A model is sequential: it says what
// one operation may answer in one state. The search asks whether some order of the recorded
// operations, which respects real time, is explained by it.
import { textOf } from "../value/text.js";

export { textOf } from "../value/text.js";

/** One operation of a history: invoked at `call`, returned at `ret` (Infinity: never returned). */
export interface Operation<I, O> {
  readonly process: number | string;
  readonly input: I;
  /** Undefined when the outcome is unknown: it may have taken effect, at any later time, or never. */
  readonly output: O | undefined;
  readonly call: number;
  readonly ret: number;
}

/** Operations that can be judged without the others, by index. */
export interface Partition {
  readonly key: string;
  readonly operations: readonly number[];
}

/**
 * A sequential data type. States are values: `step` returns a new one and never changes the old.
 * A state must not be `undefined`.
 */
export interface Model<S, I, O> {
  readonly name: string;
  init(): S;
  /**
   * The state after the operation, or undefined when it cannot give this output in this state. An
   * undefined `output` is an unknown one: the model accepts whatever it would have been.
   */
  step(state: S, input: I, output: O | undefined): S | undefined;
  /** For nondeterministic models: all possible states after the operation. Replaces `step`. */
  steps?(state: S, input: I, output: O | undefined): readonly S[];
  /**
   * True for an operation that changes no state in which it can give this output (a read, a refused
   * compare-and-set). The search places such an operation as soon as it fits, without branching.
   */
  isReadOnly?(input: I, output: O | undefined): boolean;
  /**
   * Looks ahead: false only when no order of `others`, or of some of them, leads from this state to
   * one in which the operation gives this output. Optional; a sharp answer cuts whole branches.
   */
  canReach?(state: S, input: I, output: O | undefined, others: readonly I[]): boolean;
  /** Splits a history into parts that are linearizable together exactly when each is alone. */
  partition?(operations: readonly Operation<I, O>[]): readonly Partition[];
  /** Default: `Object.is`. */
  equal?(a: S, b: S): boolean;
  /** A 32-bit integer, equal for equal states. Needed when `equal` is given. */
  hash?(state: S): number;
  describeOperation?(input: I, output: O | undefined): string;
  describeState?(state: S): string;
}

/** Groups operations by a key of their input: the usual partition of a keyed type. */
export function partitionBy<I, O>(
  operations: readonly Operation<I, O>[],
  keyOf: (input: I) => string,
): Partition[] {
  const groups = new Map<string, number[]>();
  operations.forEach((operation, index) => {
    const key = keyOf(operation.input);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [index]);
    else group.push(index);
  });
  return [...groups].map(([key, indexes]) => ({ key, operations: indexes }));
}

export function describeOperation<S, I, O>(
  model: Model<S, I, O>,
  operation: Pick<Operation<I, O>, "input" | "output">,
): string {
  const { input, output } = operation;
  if (model.describeOperation !== undefined) return model.describeOperation(input, output);
  return `${textOf(input)} -> ${output === undefined ? "?" : textOf(output)}`;
}

export function describeState<S, I, O>(model: Model<S, I, O>, state: S): string {
  return model.describeState === undefined ? textOf(state) : model.describeState(state);
}
