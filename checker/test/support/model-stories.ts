// Stories for models: overlapping operations as rows of [input, output, call, return].
import { describe, expect, it } from "vitest";
import type { Model, Operation } from "../../src/index.js";
import { checkOperations } from "../../src/index.js";

export type Row<I, O> = readonly [input: I, output: O | undefined, call: number, ret?: number];

function verdict<S, I, O>(model: Model<S, I, O>, rows: readonly Row<I, O>[]): string {
  const operations = rows.map(([input, output, call, ret], process): Operation<I, O> => ({
    process,
    input,
    output,
    call,
    ret: ret ?? Infinity,
  }));
  return checkOperations(model, operations).verdict;
}

export function stories<S, I, O>(
  model: Model<S, I, O>,
  legal: readonly (readonly [string, readonly Row<I, O>[]])[],
  illegal: readonly (readonly [string, readonly Row<I, O>[]])[],
): void {
  describe(model.name, () => {
    it.each(legal)("legal: %s", (_name, rows) => {
      expect(verdict(model, rows)).toBe("ok");
    });
    it.each(illegal)("illegal: %s", (_name, rows) => {
      expect(verdict(model, rows)).toBe("illegal");
    });
  });
}
