// What is wrong between the sources and the documents that they cite.

import { readText, trackedFiles } from "../tidy.mjs";
import { readAnchors } from "./anchors.mjs";
import { applyAssertProblems, PAGE } from "./apply-asserts.mjs";
import { citationProblems, isSearched } from "./citations.mjs";
import { assertIds, invariantsOf, readJudges, readReported } from "./judges.mjs";
import { guaranteesDocument, rulesDocument, rulesOf } from "./table.mjs";

const RULES = "docs/rules.md";
const GUARANTEES = "docs/guarantees.md";

/** Every rule has a judge and serves a guarantee, every guarantee has a rule, and the checker agrees. */
export function ruleProblems({ rules, guarantees, judges, reported }) {
  const serving = new Map(rules.map(({ id, serves }) => [id, serves]));
  const isJudged = (id) => {
    const of = judges.get(id);
    return of !== undefined && of.oracle.length + of.monitors.length > 0;
  };
  const watched = [...judges].filter(
    ([id, of]) =>
      /^[RSQPLT]\d/.test(id) && of.oracle.length + of.monitors.length + of.bugs.length > 0,
  );
  return [
    ...rules.filter(({ id }) => !isJudged(id)).map(({ id }) => `${RULES}: nobody judges ${id}`),
    ...rules
      .filter(({ serves }) => serves.length === 0)
      .map(({ id }) => `${RULES}: ${id} serves no guarantee`),
    ...rules
      .filter(({ id }, at) => rules.findIndex((one) => one.id === id) !== at)
      .map(({ id }) => `${RULES}: ${id} stands twice`),
    ...watched
      .filter(([id]) => !serving.has(id))
      .map(
        ([id, of]) =>
          `${RULES}: no rule ${id}, but ${[...of.oracle, ...of.monitors, ...of.bugs][0]} names it`,
      ),
    ...[...guarantees]
      .filter((id) => !rules.some(({ serves }) => serves.includes(id)))
      .map((id) => `${GUARANTEES}: no rule serves ${id}`),
    ...[...reported].flatMap(([guarantee, ids]) =>
      ids
        .filter((id) => !(serving.get(id) ?? []).includes(guarantee))
        .map((id) => `${RULES}: the checker reports ${id} under ${guarantee}`),
    ),
  ];
}

/** Where a rule's story can be read: a transcript, a test, a plan. */
const STORY = /(^|\/)test\/.*(\/transcripts\/[\w-]+\.txt|\.test\.ts)$|^scenarios\/.*\.json$/;

/** Every rule is told somewhere, and has a seeded bug or a reason why it has none. */
export function storyProblems({ rules, judges, files }) {
  return rules.flatMap(({ id, told, hasNoBug }) => {
    const hasBug = (judges.get(id)?.bugs.length ?? 0) > 0;
    return [
      ...(told.length === 0 ? [`${RULES}: ${id} is told by no transcript and no test`] : []),
      ...told
        .filter((path) => !files.includes(path) || !STORY.test(path))
        .map((path) => `${RULES}: ${id} is told in ${path}, which is no transcript, test or plan`),
      ...(hasBug === hasNoBug
        ? [
            hasBug
              ? `${RULES}: ${id} has a seeded bug, and says why it has none`
              : `${RULES}: ${id} has no seeded bug, and does not say why`,
          ]
        : []),
    ];
  });
}

/** Liveness, order over partitions, batches: a failing seed would be laid to them. */
const NOT_LOCAL = /^[LPT]\d/;

/** An assert's sentence begins with a rule, a decision, or an invariant that a file of its room states. */
export function assertProblems(sources, anchors) {
  const roomOf = (file) => file.split("/")[0];
  const stated = sources.flatMap(({ file, text }) => invariantsOf(file, text));
  const own = stated.filter(({ id }) => !anchors.rules.has(id));
  const twice = own.filter(({ id, file }) =>
    own.some(
      (other) => other.id === id && other.file !== file && roomOf(other.file) === roomOf(file),
    ),
  );
  const isKnown = (id, file) =>
    anchors.rules.has(id) ||
    anchors.decisions.has(id) ||
    own.some((one) => one.id === id && roomOf(one.file) === roomOf(file));
  return [
    ...twice.map(({ file, id }) => `${file}: ${id} is stated by another file of this room too`),
    ...sources.flatMap(({ file, text }) =>
      assertIds(text)
        .filter((id) => !isKnown(id, file) || NOT_LOCAL.test(id))
        .map((id) =>
          NOT_LOCAL.test(id)
            ? `${file}: ${id} is a rule about whole runs, which no assert can see: take another prefix`
            : `${file}: ${id} is neither a rule nor stated at the top of a file of this room`,
        ),
    ),
  ];
}

/** Everything that is wrong; with `write`, what can be made is made first. */
export function lawProblems(root, write) {
  // In one order, whether a file is committed yet or not.
  const files = [...(trackedFiles(root) ?? [])].sort();
  const read = (file) => readText(root, file);
  const rulesNow = rulesDocument(read(RULES), read, files);
  const guaranteesNow = guaranteesDocument(read(GUARANTEES), rulesNow);
  if (write !== undefined) {
    write(RULES, rulesNow);
    write(GUARANTEES, guaranteesNow);
  }
  const anchors = readAnchors(read, files);
  const searched = files.filter(isSearched).map((file) => ({ file, text: read(file) }));
  const sources = searched.filter(({ file }) => /^(core|io|node|sim)\/src\/.*\.ts$/.test(file));
  const rules = rulesOf(read(RULES));
  const judges = readJudges(read, files);
  const stale = (file, now) =>
    read(file) === now ? [] : [`${file}: not as the sources say: node tools/law/main.mjs --write`];
  return [
    ...searched.flatMap(({ file, text }) => citationProblems(file, text, anchors)),
    ...ruleProblems({
      rules,
      guarantees: anchors.guarantees,
      judges,
      reported: readReported(read),
    }),
    ...storyProblems({ rules, judges, files }),
    ...assertProblems(sources, anchors),
    ...applyAssertProblems(
      read(PAGE),
      sources.filter(({ file }) => file.startsWith("core/")),
    ),
    ...stale(RULES, rulesNow),
    ...stale(GUARANTEES, guaranteesNow),
  ];
}
