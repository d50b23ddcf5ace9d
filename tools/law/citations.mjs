// Every citation in code, tests and documents leads somewhere inside of this repository: `D-12`, "contract
// section 9", `Q3`, `G3`, `raft-C1`, a document's name. Sections with a dot are those of the Raft paper and of
// Ongaro's dissertation, which have to be named.

/** @typedef {import("./anchors.mjs").Anchors} Anchors */

/** What is no text of ours, and what holds samples of citations. */
export function isSearched(file) {
  if (!/\.(ts|mjs|cjs|js|md|json|txt|proto|py|html|yml)$/.test(file)) return false;
  return !/^(package-lock\.json|proto\/src\/gen\/|checker\/test\/data\/|tools\/(law\/|test\/|tidy\.mjs)|sim\/(src|test)\/kill\/|reports\/out\/)|(^|\/)package(-lock)?\.json$/.test(
    file,
  );
}

/** Comments as running text, each character in its place: a citation may go on in the next line. */
function asRunningText(text) {
  return text.replace(/\n[ \t]*(\/\/|\*(?!\/)|#|>)?[ \t]*/g, (gap) => " ".repeat(gap.length));
}

const SECTIONS =
  /\b[Ss]ections?\s+(\d+(?:\.\d+)*(?:(?:\s*,\s*(?:and\s+)?|\s+(?:and|to|or)\s+)\d+(?:\.\d+)*)*)|§\s?(\d+(?:\.\d+)*)/g;
const PAPER = /Raft|paper|Ongaro|dissertation/;
const PAPER_BEFORE = 200;
const PAPER_AFTER = 60;

function* sectionProblems(text, { sections }) {
  for (const match of text.matchAll(SECTIONS)) {
    const { index } = match;
    const around = text.slice(
      Math.max(0, index - PAPER_BEFORE),
      index + match[0].length + PAPER_AFTER,
    );
    for (const [number] of (match[1] ?? match[2] ?? "").matchAll(/\d+(?:\.\d+)*/g)) {
      if (number.includes(".")) {
        if (!PAPER.test(around)) yield [index, `section ${number}: of which paper?`];
      } else if (!sections.has(number)) {
        yield [index, `section ${number} is not in docs/contract.md`];
      }
    }
  }
}

const id = (pattern, where) =>
  function* (text, anchors) {
    for (const { 1: found, index } of text.matchAll(pattern)) {
      if (!anchors[where.of].has(found)) yield [index, `${found} is not in ${where.in}`];
    }
  };

/** Ids stand alone: not inside of a word, a path, an anchor or a longer number. */
const alone = (inner) => new RegExp(`(?<![\\w#&/.$-])(${inner})(?![\\w]|[-.]\\w)`, "g");

function* documentProblems(text, { files }) {
  for (const { 0: name, index } of text.matchAll(/(?<![\w/.:-])(?:[\w.-]+\/)*[\w-]+\.md\b/g)) {
    const tail = name.replace(/^(\.{1,2}\/)+/, "");
    if (files.some((file) => file === tail || file.endsWith(`/${tail}`))) continue;
    yield [index, `${name}: no such document`];
  }
}

const ROOMS =
  "core|io|sim|checker|node|proto|clients|test|tools|bench|deploy|docs|reports|scenarios";

function* pathProblems(text, { files }) {
  const inRoom = `\`((?:${ROOMS})/[\\w./-]+\\.\\w+)\``;
  const paths = new RegExp(inRoom, "g");
  for (const { 1: path, index } of text.matchAll(paths)) {
    if (!files.includes(path) && !path.includes("/dist/")) yield [index, `${path}: no such file`];
  }
  for (const { 1: tail, index } of text.matchAll(/`((?:[\w-]+\/)*[\w-]+\.(?:ts|mjs))`/g)) {
    if (
      new RegExp(inRoom).test(`\`${tail}\``) ||
      files.some((file) => `/${file}`.endsWith(`/${tail}`))
    )
      continue;
    yield [index, `${tail}: no such file`];
  }
}

const CHECKS = [
  id(/(?<![\w-])(D-\d+)(?!\d)/g, { of: "decisions", in: "docs/decisions.md" }),
  id(alone("[RSQPLT]\\d{1,2}"), { of: "rules", in: "docs/rules.md" }),
  id(alone("G\\d{1,2}"), { of: "guarantees", in: "docs/guarantees.md" }),
  id(/(?<![\w-])((?:raft-[A-H]|seed-S|rev-[A-Z])\d+[a-z]?|dec-\d+[a-z])(?![\w-])/g, {
    of: "bugs",
    in: "sim/mutants or docs/internals/known-bugs.md",
  }),
  function* (text) {
    for (const { 1: found, index } of text.matchAll(/(?<=^|\/\/ )([A-FH]\d{1,2}): /g)) {
      yield [index, `write ${found} with its catalogue: raft-${found}, rev-${found}`];
    }
  },
  sectionProblems,
  documentProblems,
  function* (text) {
    for (const { 0: words, index } of text.matchAll(/\bchapters? \d+/g)) {
      yield [index, `${words}: cite a decision, a section or a rule`];
    }
  },
];

/**
 * What a file cites in vain, as "FILE:LINE: ...".
 * @param {string} file
 * @param {string} text
 * @param {Anchors} anchors
 * @returns {string[]}
 */
export function citationProblems(file, text, anchors) {
  const running = asRunningText(text);
  const checks = file.endsWith(".md") ? [...CHECKS, pathProblems] : CHECKS;
  return checks
    .flatMap((check) => [...check(running, anchors)])
    .map(([index, says]) => `${file}:${text.slice(0, index).split("\n").length}: ${says}`);
}
