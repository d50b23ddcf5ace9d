// The assertions that apply can reach, and docs/internals/apply-asserts.md, which says of each why nothing from outside
// makes it fire (D-89): the same ones stand in both.

import ts from "typescript";

export const PAGE = "docs/internals/apply-asserts.md";
const ROOMS = /^core\/src\/(machine|delivery|heap|lib|cluster)\/.*\.ts$/;
const LISTED = /^ {2}- `([\w./-]+\.ts)`: `(.+)`$/;
const REASON = /^- \*\*/;

/**
 * The sentences of a file's assertions, as they stand in it.
 * @param {string} file
 * @param {string} text
 * @returns {string[]}
 */
export function assertionsOf(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found = [];
  const visit = (node) => {
    const isAssert =
      ts.isCallExpression(node) &&
      /^(assert(Never)?|broken)$/.test(node.expression.getText(source));
    // In an assertNever, what is left comes first; the sentence is the last argument in both.
    if (isAssert)
      found.push(
        node.arguments
          .at(-1)
          .getText(source)
          .replace(/^["'`]|["'`]$/g, ""),
      );
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/**
 * @param {string} page
 * @param {{file: string, text: string}[]} sources of the core
 * @returns {string[]}
 */
export function applyAssertProblems(page, sources) {
  const there = new Map(sources.map(({ file, text }) => [file, assertionsOf(file, text)]));
  const listed = new Set();
  const problems = [];
  let hasReason = false;
  for (const line of page.split("\n")) {
    if (REASON.test(line)) hasReason = true;
    else if (line === "") hasReason = false;
    const [, path = "", sentence = ""] = LISTED.exec(line) ?? [];
    if (path === "") continue;
    const name = `${path}: ${sentence}`;
    if (listed.has(name)) problems.push(`${PAGE}: stands twice: ${name}`);
    listed.add(name);
    if (!hasReason) problems.push(`${PAGE}: without a reason above it: ${name}`);
    if (!there.get(`core/src/${path}`)?.includes(sentence)) {
      problems.push(`${PAGE}: no such assertion: ${name}`);
    }
  }
  for (const [file, sentences] of there) {
    if (!ROOMS.test(file)) continue;
    for (const sentence of sentences) {
      const name = `${file.replace("core/src/", "")}: ${sentence}`;
      if (!listed.has(name)) problems.push(`${PAGE}: does not say why it cannot fire: ${name}`);
    }
  }
  return problems;
}
