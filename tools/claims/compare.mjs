// Holds a table against its source: every sentence has a row, every row a sentence, and every row a proof
// that exists.

/**
 * @param {string} file
 * @param {readonly import("./table.mjs").Row[]} rows
 * @param {readonly string[]} sentences
 * @param {(proof: string) => string | undefined} wrongWith
 * @returns {string[]}
 */
export function differences(file, rows, sentences, wrongWith) {
  const said = new Set(sentences);
  const listed = new Set(rows.map(({ sentence }) => sentence));
  const missing = sentences
    .filter((sentence) => !listed.has(sentence))
    .map((sentence) => `${file}: no row for: ${sentence} (node tools/claims/main.mjs --add)`);
  const seen = new Set();
  const wrong = rows.flatMap(({ sentence, proofs }) => {
    const problems = proofs.flatMap((proof) => wrongWith(proof) ?? []);
    if (!said.has(sentence)) problems.push("nobody says this any more; remove the row");
    if (seen.has(sentence)) problems.push("this row stands twice");
    if (proofs.length === 0) problems.push('name the test that shows it, or write "no claim"');
    if (proofs.length > 1 && proofs.some((proof) => proof.startsWith("no claim"))) {
      problems.push('"no claim" stands alone');
    }
    seen.add(sentence);
    return problems.map((problem) => `${file}: ${sentence}: ${problem}`);
  });
  return [...missing, ...wrong];
}
