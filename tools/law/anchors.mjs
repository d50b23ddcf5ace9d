// What may be cited, read from the documents that hold it: decisions, sections of the contract, rules,
// guarantees, known bugs. A heading is an anchor; whoever cites something else cites nothing.

const headings = (text, pattern) => [...text.matchAll(pattern)].map(([, id = ""]) => id);

/**
 * @typedef {object} Anchors
 * @property {ReadonlySet<string>} decisions "D-12"
 * @property {ReadonlySet<string>} sections "9"
 * @property {ReadonlySet<string>} rules "Q3"
 * @property {ReadonlySet<string>} guarantees "G3"
 * @property {ReadonlySet<string>} bugs "raft-C1": a mutant's id, or a line of the catalogue
 * @property {readonly string[]} files every file of the repository
 */

/**
 * @param {(file: string) => string} read
 * @param {readonly string[]} files
 * @returns {Anchors}
 */
export function readAnchors(read, files) {
  const mutants = files.flatMap((file) => /^sim\/mutants\/(.+)\.json$/.exec(file)?.[1] ?? []);
  const catalogue = headings(
    read("docs/internals/known-bugs.md"),
    /^- \*\*([a-z]+-[A-Z]?\d+)\*\*/gm,
  );
  return {
    decisions: new Set(headings(read("docs/decisions.md"), /^### (D-\d+)$/gm)),
    sections: new Set(headings(read("docs/contract.md"), /^## (\d+)\. /gm)),
    rules: new Set(headings(read("docs/rules.md"), /^### ([A-Z]\d+)$/gm)),
    guarantees: new Set(headings(read("docs/guarantees.md"), /^### (G\d+)$/gm)),
    bugs: new Set([...mutants, ...catalogue]),
    files,
  };
}
