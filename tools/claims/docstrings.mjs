// The sentences above what a package exports: of each name in its index, and of that name's members.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";
import { sentencesOf } from "./sentences.mjs";

const parse = (file) =>
  ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);

/** File and names of each `export { ... } from "..."`. */
function exportsOf(index) {
  return parse(index).statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement) || statement.exportClause === undefined) return [];
    const path = statement.moduleSpecifier.text.replace(/\.js$/, ".ts");
    const names = statement.exportClause.elements.map(({ name }) => name.text);
    return [{ file: join(dirname(index), path), names }];
  });
}

function commentOf(node) {
  const docs = (node.jsDoc ?? []).map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? "");
  return docs.join(" ");
}

const isHidden = (member) =>
  (member.name !== undefined && ts.isPrivateIdentifier(member.name)) ||
  (member.modifiers ?? []).some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword);

function nodesOf(statement) {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => [name.text, statement]);
  }
  const name = statement.name?.text;
  if (name === undefined) return [];
  const members = (statement.members ?? [])
    .filter((member) => !isHidden(member))
    .map((member) => [`${name}.${member.name?.getText() ?? "new"}`, member]);
  return [[name, statement], ...members];
}

/** @returns {string[]} */
export function ofDocstrings(index) {
  const found = exportsOf(index).flatMap(({ file, names }) =>
    parse(file)
      .statements.flatMap(nodesOf)
      .filter(([name]) => names.includes(name.split(".")[0]))
      .flatMap(([name, node]) => {
        const text = commentOf(node);
        return text === "" ? [] : sentencesOf(text).map((one) => `${name}: ${one}`);
      }),
  );
  return [...new Set(found)];
}
