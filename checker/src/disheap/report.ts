// The report per guarantee as text, for terminals and logs.
import { formatViolation } from "../monitor/violation.js";
import type { DisheapReport, GuaranteeReport, RuleReport } from "./check.js";

const MARKS = {
  ok: "ok          ",
  violated: "VIOLATED    ",
  "not-checked": "not checked ",
} as const;

function renderRule({ rule, title, checked, violation }: RuleReport): string[] {
  if (violation !== undefined) {
    return [`    ${rule} ${title}: broken`, formatViolation(violation).replace(/^/gm, "      ")];
  }
  return [`    ${rule} ${title}: ${checked === 0 ? "nothing to judge" : `${checked} judged`}`];
}

function renderGuarantee(one: GuaranteeReport): string[] {
  const head = `${MARKS[one.verdict]} ${one.guarantee} ${one.title}`;
  if (one.verdict === "not-checked") return [`${head}: ${one.note ?? "nothing to judge"}`];
  return [head, ...one.rules.flatMap(renderRule)];
}

/** Renders a report: guarantees with their rules, and under a violated one what contradicts what. */
export function renderDisheapReport(report: DisheapReport): string {
  const { counts } = report;
  const summary =
    `${counts.lines} lines: ${counts.enqueues} enqueues, ${counts.deliveries} deliveries ` +
    `(${counts.redelivered} messages more than once), ${counts.acks} acks, ${counts.nacks} nacks, ` +
    `${counts.extends} extends, ${counts.unknownOutcomes} unknown outcomes, ` +
    `${counts.remaining} messages remaining`;
  const verdict = report.verdict === "ok" ? "no violation found" : "VIOLATED";
  return [summary, ...report.guarantees.flatMap(renderGuarantee), verdict].join("\n");
}
