// docs/rules.md and docs/guarantees.md: sentence, guarantee and story of a rule are written by hand; who watches
// it, and which rules serve a guarantee, is put below them from the sources.

import { isStating } from "./anchors.mjs";
import { invariantsOf, readJudges } from "./judges.mjs";

const code = (names) => names.map((name) => `\`${name}\``).join(", ");

/** Lines of a rule that are made; they follow those that are written by hand. */
const MADE = /^- (Asserted|Judged|From outside|Has to catch): .*$/;

/**
 * @param {string} text of docs/rules.md
 * @returns {{id: string, serves: string[], told: string[], hasNoBug: boolean}[]}
 */
export function rulesOf(text) {
  return [...text.matchAll(/^### ([A-Z]\d+)\n([\s\S]*?)(?=^##|$(?![\s\S]))/gm)].map(
    ([, id = "", body = ""]) => {
      const [, serves = ""] = /^- Serves: (.*)$/m.exec(body) ?? [];
      const [, told = ""] = /^- Told: (.*)$/m.exec(body) ?? [];
      return {
        id,
        serves: [...serves.matchAll(/\[(G\d+)\]/g)].map(([, g = ""]) => g),
        told: [...told.matchAll(/`([^`]+)`/g)].map(([, path = ""]) => path),
        hasNoBug: /^- No seeded bug: \S/m.test(body),
      };
    },
  );
}

function madeLines(judges) {
  if (judges === undefined) return [];
  return [
    ...(judges.asserts.length > 0 ? [`- Asserted: ${code(judges.asserts)}`] : []),
    ...(judges.oracle.length > 0 ? [`- Judged: ${code(judges.oracle)}`] : []),
    ...(judges.monitors.length > 0 ? [`- From outside: ${code(judges.monitors)}`] : []),
    ...(judges.bugs.length > 0 ? [`- Has to catch: ${judges.bugs.join(", ")}`] : []),
  ];
}

/** docs/rules.md as it has to be. */
export function rulesDocument(text, read, files) {
  const judges = readJudges(read, files);
  const heading = "## Invariants of single files";
  const [before = ""] = text.split(heading);
  const byHand = before.split("\n").filter((line) => !MADE.test(line));
  // A rule's list ends with the first empty line behind "Serves".
  const rules = byHand
    .join("\n")
    .replace(/^### ([A-Z]\d+)\n[\s\S]*?^- Serves: .*\n(?:.+\n)*/gm, (rule, id) =>
      [rule.trimEnd(), ...madeLines(judges.get(id)), ""].join("\n"),
    );
  return `${rules}${heading}\n\n${invariantLines(read, files).join("\n")}\n`;
}

function invariantLines(read, files) {
  const sources = files.filter(isStating);
  const known = new Set(rulesOf(read("docs/rules.md")).map(({ id }) => id));
  const all = sources.flatMap((file) => invariantsOf(file, read(file)));
  const own = all.filter(({ id }) => !known.has(id));
  const byFile = groupBy(own);
  return [
    "Stated at the top of the file that keeps them, and cited by its asserts and tests.",
    "",
    ...[...byFile].map(([file, rows]) => `- \`${file}\`: ${rows.map(({ id }) => id).join(", ")}`),
  ];
}

function groupBy(rows) {
  const groups = new Map();
  for (const row of rows) groups.set(row.file, [...(groups.get(row.file) ?? []), row]);
  return groups;
}

/** docs/guarantees.md as it has to be. */
export function guaranteesDocument(text, rulesText) {
  const rules = rulesOf(rulesText);
  let id;
  return text
    .split("\n")
    .map((line) => {
      id = /^### (G\d+)$/.exec(line)?.[1] ?? id;
      if (!line.startsWith("Rules: ")) return line;
      const serving = rules.filter(({ serves }) => serves.includes(id));
      return `Rules: ${serving.map((rule) => `[${rule.id}](rules.md#${rule.id.toLowerCase()})`).join(", ")}`;
    })
    .join("\n");
}
