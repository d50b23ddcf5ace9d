// Times that cannot be are refused before anything is judged: a verdict over them would be wrong.
import { describe, expect, it } from "vitest";
import type { Operation, PriorityQueueInput, PriorityQueueOutput } from "../../src/index.js";
import { casRegister, checkOperations, monitorPriorityQueue } from "../../src/index.js";

const times: readonly (readonly [call: number, ret: number, sentence: string])[] = [
  [5, 4, "operation 1 by process 7: it returns at 4, before its call at 5"],
  [5, -Infinity, "it returns at -Infinity, before its call at 5"],
  [5, NaN, "its return is at NaN; it is Infinity when it never returned"],
  [NaN, 6, "its call is at NaN, which is no time"],
  [Infinity, Infinity, "its call is at Infinity, which is no time"],
  [-Infinity, 6, "its call is at -Infinity, which is no time"],
];

describe("times that cannot be", () => {
  it.each(times)("a call at %d that returns at %d", (call, ret, sentence) => {
    const read = { process: 7, input: { f: "read" }, output: { value: null }, call, ret } as const;
    const fine = { ...read, call: -3, ret: -3 };
    expect(() => checkOperations(casRegister(), [fine, read])).toThrow(sentence);
    expect(checkOperations(casRegister(), [fine, { ...fine, ret: Infinity }]).verdict).toBe("ok");
    const pop: Operation<PriorityQueueInput, PriorityQueueOutput> = {
      ...read,
      input: { f: "pop" },
      output: null,
    };
    expect(() => monitorPriorityQueue([{ ...pop, call: 1, ret: 2 }, pop])).toThrow(sentence);
  });
});
