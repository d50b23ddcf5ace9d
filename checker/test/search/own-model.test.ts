// A model of a user's own, as the README describes it.
import { expect, it } from "vitest";
import type { Model, Operation } from "../../src/index.js";
import { checkOperations } from "../../src/index.js";

type Op = "flip" | "read";

/** A coin: nobody knows how it fell until somebody looks, and then it lies so. */
const coin: Model<number, Op, number> = {
  name: "coin",
  init: () => 0,
  step: () => undefined,
  steps(state, input, output) {
    if (input === "flip") return [0, 1];
    return output === undefined || output === state ? [state] : [];
  },
  isReadOnly: (input) => input === "read",
};

const history = (...reads: number[]): Operation<Op, number>[] => [
  { process: 0, input: "flip", output: 0, call: 0, ret: 1 },
  ...reads.map((output, at) => ({
    ...{ process: 1, input: "read" as const, output },
    ...{ call: 2 * at + 2, ret: 2 * at + 3 },
  })),
];

it("with several possible states is satisfied by any of them, and by nothing else", () => {
  expect(checkOperations(coin, history(0, 0)).verdict).toBe("ok");
  expect(checkOperations(coin, history(1, 1)).verdict).toBe("ok");
  expect(checkOperations(coin, history(0, 1)).verdict).toBe("illegal");
  expect(checkOperations(coin, history(2)).verdict).toBe("illegal");
});
