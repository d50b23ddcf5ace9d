// The tests that a table may name: tests of vitest, cases of the suites that have their own runner, seeded
// bugs, and checks of the container script. A name that is in no such place proves nothing.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const CALLS = new Set(["it", "test", "describe"]);
/** Suites of our own call this, or list cases as objects, whose names are in these fields. */
const CHECKS = new Set(["check"]);
const FIELDS = new Set(["name", "rule"]);

/** `it`, `it.each(table)`, `describe.skipIf(x)`: the name at the root. */
function rootOf(expression) {
  if (ts.isIdentifier(expression)) return expression.text;
  if (ts.isPropertyAccessExpression(expression) || ts.isCallExpression(expression)) {
    return rootOf(expression.expression);
  }
  return ts.isTaggedTemplateExpression(expression) ? rootOf(expression.tag) : "";
}

function textOf(node) {
  if (node === undefined) return undefined;
  if (ts.isStringLiteralLike(node)) return node.text;
  return ts.isTemplateExpression(node) ? node.getText().slice(1, -1) : undefined;
}

function namesInSource(file, text) {
  const names = new Set();
  const isTest = file.endsWith(".test.ts");
  const visit = (node) => {
    const calls = isTest ? CALLS : CHECKS;
    if (ts.isCallExpression(node) && calls.has(rootOf(node.expression))) {
      names.add(textOf(node.arguments[0]));
    }
    const isField = ts.isPropertyAssignment(node) && FIELDS.has(node.name.getText());
    if (!isTest && isField) names.add(textOf(node.initializer));
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  names.delete(undefined);
  return names;
}

const READERS = [
  { covers: /\.test\.ts$/, read: namesInSource },
  { covers: /^test\/(conformance|hardening|cluster)\/src\/.*\.ts$/, read: namesInSource },
  { covers: /^tools\/suites\/(gates|longer)\.mjs$/, read: namesInSource },
  { covers: /^sim\/mutants\/.*\.json$/, read: (_, text) => new Set([JSON.parse(text).id]) },
  {
    covers: /^deploy\/compose\/smoke$/,
    read: (_, text) => new Set([...text.matchAll(/^check "([^"]*)"/gm)].map(([, name]) => name)),
  },
  {
    covers: /^test\/python\/cases_\w+\.py$/,
    read: (_, text) => new Set([...text.matchAll(/^def (\w+)\(bench\)/gm)].map(([, name]) => name)),
  },
];

/** Says of one proof what is wrong with it, or nothing. */
export function proofReader(root) {
  const known = new Map();
  const namesIn = (file, read) => {
    if (!known.has(file)) known.set(file, read(file, readFileSync(join(root, file), "utf8")));
    return known.get(file);
  };
  return (proof) => {
    if (/^no claim(: \S.*)?$/.test(proof)) return undefined;
    const [, file, name] = /^([\w./-]+): (.+)$/.exec(proof) ?? [];
    if (file === undefined) return `"${proof}" is neither "FILE: name of a test" nor "no claim"`;
    const reader = READERS.find(({ covers }) => covers.test(file));
    if (reader === undefined) return `${file} is no file of tests`;
    if (!existsSync(join(root, file))) return `${file} does not exist`;
    return namesIn(file, reader.read).has(name) ? undefined : `${file} has no test "${name}"`;
  };
}
