// One self-contained HTML page: per history a table of the guarantees, the lines that contradict each
// other under a violated one, and the time line of all clients. Nothing in it reaches the network.
import {
  disheapPicture,
  fileLine,
  renderPicture,
  type GuaranteeReport,
  type Violation,
} from "linearizability";
import type { Checked, Verdict } from "./checked.js";
import { PAGE_STYLE } from "./page-style.js";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (char) => ENTITIES[char] ?? char);
}

const VERDICTS: Readonly<Record<Verdict | GuaranteeReport["verdict"], string>> = {
  ok: "holds",
  violated: "violated",
  unchecked: "nothing checked",
  "not-checked": "not checked",
};

function badge(verdict: Verdict | GuaranteeReport["verdict"]): string {
  return `<span class="badge ${verdict}">${VERDICTS[verdict]}</span>`;
}

function violationOf(found: Violation): string {
  const rows = found.evidence.map(
    ({ index, line }) =>
      `<tr><td>${fileLine(index, line)}</td><td>${line.time === undefined ? "" : (line.time / 1e6).toFixed(6)}</td>` +
      `<td><code>${escape(JSON.stringify(line))}</code></td></tr>`,
  );
  return (
    `<div class="violation"><p><b>${escape(found.rule)}</b> ${escape(found.sentence)}</p>` +
    `<table><thead><tr><th>line</th><th>seconds</th><th>what the history says</th></tr></thead>` +
    `<tbody>${rows.join("")}</tbody></table></div>`
  );
}

function guaranteeOf(one: GuaranteeReport): string {
  const rules = one.rules
    .map(({ rule, title, checked }) => `<li><b>${rule}</b> ${escape(title)}: ${checked}</li>`)
    .join("");
  const broken = one.rules.flatMap(({ violation }) => (violation ? [violation] : []));
  const why = one.verdict === "not-checked" ? `<p class="note">${escape(one.note ?? "")}</p>` : "";
  return (
    `<tr><th scope="row">${one.guarantee}</th><td>${escape(one.title)}</td><td>${badge(one.verdict)}</td>` +
    `<td><ul>${rules}</ul>${why}</td></tr>` +
    (broken.length > 0 ? `<tr><td colspan="4">${broken.map(violationOf).join("")}</td></tr>` : "")
  );
}

function historyOf({ file, verdict, lines, report }: Checked): string {
  const { counts } = report;
  const facts: readonly (readonly [string, number])[] = [
    ["enqueues", counts.enqueues],
    ["messages", counts.messages],
    ["deliveries", counts.deliveries],
    ["delivered more than once", counts.redelivered],
    ["acks", counts.acks],
    ["nacks", counts.nacks],
    ["extends", counts.extends],
    ["outcome unknown", counts.unknownOutcomes],
    ["remaining", counts.remaining],
  ];
  const picture = escape(renderPicture(disheapPicture(lines, report)));
  return (
    `<section><h2>${escape(file)} ${badge(verdict)}</h2>` +
    `<dl>${facts.map(([name, n]) => `<div><dt>${name}</dt><dd>${n}</dd></div>`).join("")}</dl>` +
    `<table class="guarantees"><thead><tr><th>guarantee</th><th></th><th>verdict</th>` +
    `<th>rules, and how much there was to judge</th></tr></thead>` +
    `<tbody>${report.guarantees.map(guaranteeOf).join("")}</tbody></table>` +
    `<h3>Time line</h3>` +
    `<iframe title="time line of ${escape(file)}" sandbox="allow-scripts" srcdoc="${picture}"></iframe>` +
    `</section>`
  );
}

const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

/** The whole page of some checked histories. */
export function renderPage(checked: readonly Checked[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>Disheap: what ${checked.length === 1 ? "a history" : `${checked.length} histories`} shows</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<h1>What ${checked.length === 1 ? "this history" : "these histories"} show${checked.length === 1 ? "s" : ""}</h1>
${checked.map(historyOf).join("\n")}
</body>
</html>
`;
}
