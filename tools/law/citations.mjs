// Every citation in code, tests and documents leads somewhere inside of this repository: `D-12`, "contract
// section 9", `Q3`, `G3`, `raft-C1`, a document's name, a link. Sections with a dot are those of the Raft paper and of
// Ongaro's dissertation, which have to be named. An id of no family that is known here cites nothing.

import { linkProblems } from "./links.mjs";
import { isSection } from "./papers.mjs";

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
const PAPER_BEFORE = 200;
const PAPER_AFTER = 60;
/** Directly before "section 9": then it is not one of the contract. */
const OF_PAPER = /(paper|dissertation|Raft)( \([^)]*\))?[,( ]*$/;

function* sectionProblems(text, { sections }) {
  for (const match of text.matchAll(SECTIONS)) {
    const { index } = match;
    const around = text.slice(
      Math.max(0, index - PAPER_BEFORE),
      index + match[0].length + PAPER_AFTER,
    );
    const before = OF_PAPER.exec(text.slice(Math.max(0, index - PAPER_BEFORE), index))?.[0];
    for (const [number] of (match[1] ?? match[2] ?? "").matchAll(/\d+(?:\.\d+)*/g)) {
      if (number.includes(".") || before !== undefined) {
        const isThere = isSection(number, before ?? around);
        if (isThere === undefined) yield [index, `section ${number}: of which paper?`];
        if (isThere === false) yield [index, `section ${number}: the text on Raft has none`];
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

/** Tests of what the paper says are named after its sections. */
function* paperTestProblems(text) {
  for (const { 0: title, 1: number, index } of text.matchAll(
    /\bdescribe\("(\d+(?:\.\d+)*) [^"]*"/g,
  )) {
    const named = title.includes("dissertation") ? "dissertation" : "paper";
    if (!isSection(number, named)) yield [index, `section ${number}: the ${named} has none`];
  }
}

/** Ids stand alone: not inside of a word, a path, an anchor or a longer number. */
const alone = (inner) => new RegExp(`(?<![\\w#&/.$-])(${inner})(?![\\w]|[-.]\\w)`, "g");

function* documentProblems(text, { files, headings }) {
  const names = /(?<![\w/.:-])((?:[\w.-]+\/)*[\w-]+\.md)\b(?:#([\w-]+))?/g;
  for (const { 1: name, 2: anchor, index } of text.matchAll(names)) {
    const tail = name.replace(/^(\.{1,2}\/)+/, "");
    const found = files.filter((file) => file === tail || file.endsWith(`/${tail}`));
    if (found.length === 0) yield [index, `${name}: no such document`];
    else if (anchor !== undefined && !found.some((file) => headings(file).has(anchor))) {
      yield [index, `${name}#${anchor}: no such heading`];
    }
  }
}

/** Words that look like ids. Anything else in capitals with a number behind a hyphen is a citation. */
const NO_IDS = new Set(["UTF-8", "UTF-16", "CRC-32", "SHA-256", "SSH-2"]);

/** `B-99`, `R-3`: written like a decision, but of no family. */
function* familyProblems(text) {
  for (const { 1: found, index } of text.matchAll(
    /(?<![\w#&/.$[-])([A-Z]{1,6}-\d+)(?![\w]|[-.]\w|\])/g,
  )) {
    if (found.startsWith("D-") || NO_IDS.has(found)) continue;
    yield [index, `${found} is of no family of ids that this repository has`];
  }
}

/** LOG3: the invariants of single files whose letters no other word has. */
function* invariantProblems(text, { invariants }) {
  const families = new Set([...invariants].map((one) => one.replace(/\d+$/, "")));
  for (const { 1: found, 2: family, index } of text.matchAll(
    /(?<![\w#&/.$-])(([A-Z]{2,6})\d{1,2})(?![\w]|[-.]\w)/g,
  )) {
    if (families.has(family) && !invariants.has(found))
      yield [index, `${found}: no file states it`];
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
  id(alone("[RSQPLT]\\d{1,3}"), { of: "rules", in: "docs/rules.md" }),
  id(alone("G\\d{1,3}"), { of: "guarantees", in: "docs/guarantees.md" }),
  id(/(?<![\w-])((?:raft|seed|rev)-[A-Z]\d+[a-z]?|dec-\d+[a-z])(?![\w-])/g, {
    of: "bugs",
    in: "sim/mutants or docs/internals/known-bugs.md",
  }),
  function* (text) {
    for (const { 1: found, index } of text.matchAll(/(?<=^|\/\/ )([A-FH]\d{1,2}): /g)) {
      yield [index, `write ${found} with its catalogue: raft-${found}, rev-${found}`];
    }
  },
  familyProblems,
  invariantProblems,
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
  const checks = [
    ...CHECKS,
    ...(file.endsWith(".md") ? [pathProblems] : []),
    ...(/\/raft-paper[\w-]*\.test\.ts$/.test(file) ? [paperTestProblems] : []),
  ];
  const links = file.endsWith(".md") ? linkProblems(file, text, anchors) : [];
  return [...checks.flatMap((check) => [...check(running, anchors)]), ...links].map(
    ([index, says]) => `${file}:${text.slice(0, index).split("\n").length}: ${says}`,
  );
}
