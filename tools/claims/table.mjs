// The table of sentences as text: a sentence on a line, and below it, indented, the tests that show it, or
// `no claim`. Lines that begin with # are for readers.

/** @typedef {{sentence: string, proofs: string[]}} Row */

const HEAD = (title) => `# What ${title} says, sentence by sentence, and the test that shows it.
# CONTRIBUTING.md, "A sentence for users", says how to change this.
`;

/** @returns {Row[]} */
export function readTable(text) {
  const rows = [];
  for (const line of text.split("\n")) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const last = rows.at(-1);
    if (!line.startsWith("  ")) rows.push({ sentence: line.trim(), proofs: [] });
    else if (last === undefined) throw new Error(`a proof without a sentence: ${line.trim()}`);
    else last.proofs.push(line.trim());
  }
  return rows;
}

/** @param {readonly Row[]} rows */
export function writeTable(title, rows) {
  const lines = rows.flatMap(({ sentence, proofs }) => [sentence, ...proofs.map((p) => `  ${p}`)]);
  return `${HEAD(title)}${lines.join("\n")}\n`;
}

/**
 * The rows with the missing sentences among them, each behind the one that stands before it in the source. Rows
 * whose sentence is gone stay where they are, so that their proof can be moved to what replaced them.
 * @param {readonly Row[]} rows
 * @param {readonly string[]} sentences
 * @returns {Row[]}
 */
export function withMissing(rows, sentences) {
  const all = [...rows];
  let at = 0;
  for (const sentence of sentences) {
    const found = all.findIndex((row) => row.sentence === sentence);
    if (found < 0) all.splice(at, 0, { sentence, proofs: [] });
    at = found < 0 ? at + 1 : found + 1;
  }
  return all;
}
