// What may be cited, read from what holds it: decisions, sections of the contract, rules, guarantees, known bugs,
// invariants of single files, headings of documents. Whoever cites something else cites nothing.

import { invariantsOf } from "./judges.mjs";
import { headingAnchors } from "./links.mjs";

const headings = (text, pattern) => [...text.matchAll(pattern)].map(([, id = ""]) => id);

/**
 * @typedef {object} Anchors
 * @property {ReadonlySet<string>} decisions "D-12"
 * @property {ReadonlySet<string>} sections "9"
 * @property {ReadonlySet<string>} rules "Q3"
 * @property {ReadonlySet<string>} guarantees "G3"
 * @property {ReadonlySet<string>} bugs "raft-C1": a mutant's id, or a line of the catalogue
 * @property {ReadonlySet<string>} invariants "LOG3": what a file states for itself
 * @property {readonly string[]} files every file of the repository
 * @property {(file: string) => string} read
 * @property {(file: string) => ReadonlySet<string>} headings of a document, as links name them
 */

/** Whether a file may state invariants of its own. */
export const isStating = (file) => /^(core|io|node|sim)\/src\/.*\.ts$/.test(file);

/** Headings of documents, each read once. */
function headingsOf(read) {
  const known = new Map();
  return (file) => {
    const found = known.get(file) ?? headingAnchors(read(file));
    known.set(file, found);
    return found;
  };
}

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
    invariants: new Set(
      files
        .filter(isStating)
        .flatMap((file) => invariantsOf(file, read(file)).map((one) => one.id)),
    ),
    files,
    read,
    headings: headingsOf(read),
  };
}
