// A history that was checked, and the one word that stands for all that was found in it.
import type { DisheapReport, HistoryLine } from "linearizability";

export type Verdict = "ok" | "violated" | "unchecked";

/** A history with what was found in it. */
export interface Checked {
  readonly file: string;
  readonly verdict: Verdict;
  readonly lines: readonly HistoryLine[];
  readonly report: DisheapReport;
}

export function verdictOf(report: DisheapReport): Verdict {
  if (report.verdict === "violated") return "violated";
  return report.guarantees.some(({ verdict }) => verdict === "ok") ? "ok" : "unchecked";
}
