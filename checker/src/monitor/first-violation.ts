// Keeps the violation that became visible earliest in the history, so that a monitor reports where
// it went wrong first and not where its loops happened to look first.
import type { HistoryLine } from "../history/line.js";
import type { Violation } from "./violation.js";
import { violation } from "./violation.js";

export class FirstViolation {
  readonly #lines: readonly HistoryLine[];
  readonly #rule: string;
  #at = Infinity;
  #found: Violation | undefined;

  constructor(lines: readonly HistoryLine[], rule: string) {
    this.#lines = lines;
    this.#rule = rule;
  }

  /** `indexes` are the lines that contradict each other; unknown ends (Infinity) are left out. */
  offer(indexes: readonly number[], sentence: () => string): void {
    const known = indexes.filter((index) => Number.isFinite(index) && index >= 0);
    const at = Math.max(-1, ...known);
    if (at >= this.#at) return;
    this.#at = at;
    this.#found = violation(this.#lines, this.#rule, sentence(), known);
  }

  get(): Violation | undefined {
    return this.#found;
  }
}

/** How sentences name a message. */
export function nameOf(message: { readonly topic: string; readonly messageId: string }): string {
  return `message ${message.messageId} of topic ${message.topic}`;
}
