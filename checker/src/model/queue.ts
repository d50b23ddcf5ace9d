// FIFO queue. A dequeue answers a value, or null when the queue was empty.
import type { Model } from "../search/model.js";
import { textOf } from "../search/model.js";

export type QueueInput =
  { readonly f: "enqueue"; readonly value: unknown } | { readonly f: "dequeue" };

/** An enqueue answers true, a dequeue `{ value }` or null for "empty". */
export type QueueOutput = true | null | { readonly value: unknown };

/** Elements as text, separated by a character that the text of a value never holds. */
const SEPARATOR = "\u0000";

export function fifoQueue(): Model<string, QueueInput, QueueOutput> {
  return {
    name: "queue",
    init: () => "",
    step(state, input, output) {
      if (input.f === "enqueue") return state + textOf(input.value) + SEPARATOR;
      if (output === null || state === "") {
        return state === "" && (output === null || output === undefined) ? state : undefined;
      }
      const end = state.indexOf(SEPARATOR);
      const rest = state.slice(end + 1);
      if (typeof output !== "object") return rest;
      return textOf(output.value) === state.slice(0, end) ? rest : undefined;
    },
    isReadOnly: ({ f }, output) => f === "dequeue" && output === null,
    describeOperation(input, output) {
      if (input.f === "enqueue") return `enqueue ${textOf(input.value)}`;
      if (output === null) return "dequeue -> empty";
      return `dequeue -> ${typeof output === "object" ? textOf(output.value) : "?"}`;
    },
    describeState: (state) => `[${state.split(SEPARATOR).slice(0, -1).join(", ")}]`,
  };
}
