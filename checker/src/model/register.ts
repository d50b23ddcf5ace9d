// Register and compare-and-set register. A state is the text of a value: equal text is an equal value.
import type { Model } from "../search/model.js";
import { textOf } from "../search/model.js";

export type RegisterInput =
  | { readonly f: "read" }
  | { readonly f: "write"; readonly value: unknown }
  | { readonly f: "cas"; readonly from: unknown; readonly to: unknown };

/** A read returns a value, a write true, a compare-and-set whether it matched. */
export type RegisterOutput = { readonly value: unknown } | boolean;

function describe(input: RegisterInput, output: RegisterOutput | undefined): string {
  if (input.f === "read") {
    return `read -> ${typeof output === "object" ? textOf(output.value) : "?"}`;
  }
  if (input.f === "write") {
    return `write ${textOf(input.value)}${output === undefined ? " -> ?" : ""}`;
  }
  const answer = output === undefined ? "?" : output === true ? "done" : "no match";
  return `cas ${textOf(input.from)} to ${textOf(input.to)} -> ${answer}`;
}

/** A register holding `initial` (default null) that can be read, written, and compared and set. */
export function casRegister(initial: unknown = null): Model<string, RegisterInput, RegisterOutput> {
  return {
    name: "cas-register",
    init: () => textOf(initial),
    step(state, input, output) {
      if (input.f === "write") return textOf(input.value);
      if (input.f === "read") {
        return typeof output !== "object" || textOf(output.value) === state ? state : undefined;
      }
      const matches = textOf(input.from) === state;
      if (output !== undefined && output !== matches) return undefined;
      return matches ? textOf(input.to) : state;
    },
    isReadOnly: ({ f }, output) => f === "read" || (f === "cas" && output === false),
    describeOperation: describe,
    describeState: (state) => state,
  };
}

/** A register that can be read and written. */
export function register(initial: unknown = null): Model<string, RegisterInput, RegisterOutput> {
  return { ...casRegister(initial), name: "register" };
}
