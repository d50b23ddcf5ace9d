// What every monitor returns when it finds something: the rule, a sentence, and the lines of the
// history that contradict each other. Enough to be printed alone.
import { formatJson } from "../history/json-value.js";
import type { HistoryLine } from "../history/line.js";
import { fileLine } from "../history/line.js";

/** A line of the history that proves a violation. */
interface Evidence {
  /** Index in the `HistoryLine[]` that was checked. */
  readonly index: number;
  readonly line: HistoryLine;
}

/** A broken rule, in words, with the lines that contradict each other. */
export interface Violation {
  readonly rule: string;
  readonly sentence: string;
  readonly evidence: readonly Evidence[];
}

/** Builds a violation from line indexes; indexes that are not finite (unknown ends) are left out. */
export function violation(
  lines: readonly HistoryLine[],
  rule: string,
  sentence: string,
  indexes: readonly number[],
): Violation {
  const evidence: Evidence[] = [];
  for (const index of [...new Set(indexes)].sort((a, b) => a - b)) {
    const line = lines[index];
    if (line !== undefined) evidence.push({ index, line });
  }
  return { rule, sentence, evidence };
}

/** A violation as text: the sentence, then its lines with their line numbers in the file. */
export function formatViolation(found: Violation): string {
  const rows = found.evidence.map(
    (at) => `  line ${fileLine(at.index, at.line)}: ${formatJson(at.line)}`,
  );
  return [`${found.rule}: ${found.sentence}`, ...rows].join("\n");
}
