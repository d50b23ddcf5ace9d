// A set of elements: add, remove, contains, and a read of all. Without reads of the whole set every
// element can be judged alone.
import type { Model, Operation, Partition } from "../search/model.js";
import { partitionBy, textOf } from "../search/model.js";
import { TextMap } from "./persistent.js";

export type SetInput =
  { readonly f: "add" | "remove" | "contains"; readonly value: unknown } | { readonly f: "read" };

/** `contains` tells whether, a read gives all elements, add and remove answer true. */
export type SetOutput = boolean | { readonly values: readonly unknown[] };

function elements(values: readonly unknown[]): Set<string> {
  return new Set(values.map(textOf));
}

function partition(operations: readonly Operation<SetInput, SetOutput>[]): Partition[] {
  if (operations.some(({ input }) => input.f === "read")) {
    return [{ key: "", operations: operations.map((_, index) => index) }];
  }
  return partitionBy(operations, (input) => (input.f === "read" ? "" : textOf(input.value)));
}

export function set(): Model<TextMap, SetInput, SetOutput> {
  return {
    name: "set",
    init: () => TextMap.empty,
    step(state, input, output) {
      if (input.f === "read") {
        if (typeof output !== "object") return state;
        const read = elements(output.values);
        return read.size === state.size && [...read].every((one) => state.has(one))
          ? state
          : undefined;
      }
      const element = textOf(input.value);
      if (input.f === "add") return state.with(element, "");
      if (input.f === "remove") return state.without(element);
      return output === undefined || output === state.has(element) ? state : undefined;
    },
    isReadOnly: ({ f }) => f === "contains" || f === "read",
    partition,
    equal: (a, b) => a.equals(b),
    hash: (state) => state.hash,
    describeOperation(input, output) {
      if (input.f === "read") {
        return `read -> ${typeof output === "object" ? textOf(output.values) : "?"}`;
      }
      const said = input.f === "contains" ? ` -> ${textOf(output)}` : "";
      return `${input.f} ${textOf(input.value)}${said}`;
    },
    describeState: (state) =>
      `{${state
        .sorted()
        .map(([element]) => element)
        .join(", ")}}`,
  };
}
