// Stories for the monitors of a leased queue: legal ones no rule may accuse, illegal ones that the
// named rule must accuse in the words given.
import { expect, it } from "vitest";
import { checkDisheap } from "../../src/index.js";
import type { Recorder } from "./recorder.js";

function violations(history: Recorder): { rule: string; sentence: string }[] {
  const rules = checkDisheap(history.lines).guarantees.flatMap((one) => one.rules);
  return rules.flatMap(({ violation }) => (violation === undefined ? [] : [violation]));
}

export type Story = readonly [name: string, build: () => Recorder];

export function legal(stories: readonly Story[]): void {
  it.each(stories)("legal: %s", (_name, build) => {
    expect(violations(build()).map(({ rule }) => rule)).toEqual([]);
  });
}

export function illegal(
  rule: string,
  stories: readonly (readonly [string, () => Recorder, string])[],
): void {
  it.each(stories)("illegal: %s", (_name, build, words) => {
    const found = violations(build()).filter((one) => one.rule === rule);
    expect(found.map(({ sentence }) => sentence).join()).toContain(words);
  });
}
