// Stories for the monitors of a leased queue: legal ones no rule may accuse, illegal ones that the
// named rule must accuse in the words given, with the operations that prove it.
import { expect, it } from "vitest";
import type { HistoryLine, Violation } from "../../src/index.js";
import { checkDisheap } from "../../src/index.js";
import type { Recorder } from "./recorder.js";

function violations(history: Recorder): Violation[] {
  const rules = checkDisheap(history.lines).guarantees.flatMap((one) => one.rules);
  return rules.flatMap(({ violation }) => (violation === undefined ? [] : [violation]));
}

interface Told {
  messageId?: string;
  payload?: string;
  fence?: number;
  state?: string;
}

/** A line as a test names it: `enqueue a`, `pop ok a#2`, `remaining a ready`; calls end with "?". */
function told(line: HistoryLine, lines: readonly HistoryLine[]): string {
  const isCall = line.type === "invoke";
  const call = lines.find((other) => other.type === "invoke" && other.id === line.id);
  const facts = { ...(call?.value ?? {}), ...(line.value as Told) } as Told;
  const fence = facts.fence === undefined ? "" : `#${facts.fence}`;
  const name = `${facts.messageId ?? facts.payload ?? ""}${fence}`;
  const kind = line.type === "fail" || line.type === "info" ? line.type : "";
  const words = [line.f, kind, name, facts.state ?? ""].filter((word) => word !== "").join(" ");
  return isCall ? `${words}?` : words;
}

export function proofOf({ evidence }: Violation, lines: readonly HistoryLine[]): string {
  return evidence.map(({ line }) => told(line, lines)).join(", ");
}

export type Story = readonly [name: string, build: () => Recorder];

export function legal(stories: readonly Story[]): void {
  it.each(stories)("legal: %s", (_name, build) => {
    expect(violations(build()).map(({ rule }) => rule)).toEqual([]);
  });
}

/** A name, the history, words of the sentence, and the lines that must be named as its proof. */
export type IllegalStory = readonly [
  name: string,
  build: () => Recorder,
  words: string,
  proof: string,
];

export function illegal(rule: string, stories: readonly IllegalStory[]): void {
  it.each(stories)("illegal: %s", (_name, build, words, proof) => {
    const { lines } = build();
    const found = violations(build()).filter((one) => one.rule === rule);
    expect(found.map(({ sentence }) => sentence).join()).toContain(words);
    expect(found.map((one) => proofOf(one, lines))).toEqual([proof]);
  });
}
