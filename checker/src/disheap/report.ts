// The report per guarantee as text, for terminals and logs.
import { formatViolation } from "../monitor/violation.js";
import type { DisheapReport, GuaranteeReport } from "./check.js";

const MARKS = {
  ok: "ok          ",
  violated: "VIOLATED    ",
  "not-checked": "not checked ",
} as const;

function renderGuarantee(one: GuaranteeReport): string[] {
  const rules = one.rules.map(({ rule, checked }) => `${rule} (${checked})`).join(", ");
  const detail = one.verdict === "not-checked" ? `(${one.note ?? "nothing to judge"})` : rules;
  const head = `${MARKS[one.verdict]} ${one.guarantee} ${one.title}: ${detail}`;
  const broken = one.rules.flatMap(({ violation }) => (violation === undefined ? [] : [violation]));
  return [head, ...broken.map((found) => formatViolation(found).replace(/^/gm, "    "))];
}

/** Renders a report: one line per guarantee, and under a violated one what contradicts what. */
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
