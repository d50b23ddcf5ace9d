// Who watches each rule, read from the sources: asserts of the core that begin with its id, white-box rules and
// the liveness phase of the simulator, black-box monitors of the checker, and the seeded bugs that expect it.

/** @typedef {{asserts: string[], oracle: string[], monitors: string[], bugs: string[]}} Judges */
/** @typedef {{file: string, id: string}} Invariant */

/** A rule's id as a value in code. */
const VALUE = /"([A-Z]\d{1,2})"/g;
/** The beginning of an assert's sentence. */
const ASSERT = /["'`](D-\d+|[A-Z]{1,6}\d{1,2}): /g;

const idsIn = (text, pattern) => [...new Set([...text.matchAll(pattern)].map(([, id = ""]) => id))];

/**
 * @param {(file: string) => string} read
 * @param {readonly string[]} files
 * @returns {Map<string, Judges>}
 */
export function readJudges(read, files) {
  /** @type {Map<string, Judges>} */
  const judges = new Map();
  const add = (id, kind, name) => {
    const of = judges.get(id) ?? { asserts: [], oracle: [], monitors: [], bugs: [] };
    judges.set(id, of);
    of[kind].push(name);
  };
  const look = (kind, where, pattern) => {
    for (const file of files.filter((name) => where.test(name))) {
      for (const id of idsIn(read(file), pattern)) add(id, kind, file);
    }
  };
  look("asserts", /^core\/src\/.*\.ts$/, ASSERT);
  look("oracle", /^sim\/src\/(oracle|run|workload)\/.*\.ts$/, VALUE);
  look("monitors", /^checker\/src\/monitor\/.*\.ts$/, VALUE);
  for (const file of files.filter((name) => /^sim\/mutants\/.*\.json$/.test(name))) {
    const { id, expect } = JSON.parse(read(file));
    for (const rule of expect) add(rule, "bugs", id);
  }
  return judges;
}

/**
 * Invariants that a file states for itself, in the comment at its top: `// E2 the carrier settles ...`.
 * @param {string} file
 * @param {string} text
 * @returns {Invariant[]}
 */
export function invariantsOf(file, text) {
  const [head = ""] = /^(?:\/\/.*\n)+/.exec(text) ?? [];
  const stated = /(?:^\/\/ +|\bInvariant )([A-Z]{1,6}\d{1,2})[.:]? +\S/gm;
  return [...head.matchAll(stated)].map(([, id = ""]) => ({ file, id }));
}

/** Which rules serve which guarantee, as the checker reports them. */
export function readReported(read) {
  const text = read("checker/src/disheap/check.ts");
  const entries = text.matchAll(/id: "(G\d+)",\s*title: "[^"]*",\s*rules: \[([^\]]*)\]/g);
  return new Map(
    [...entries].map(([, id, rules = ""]) => [
      id,
      [...rules.matchAll(/RULES\.(\w+)/g)].map(([, r]) => r),
    ]),
  );
}

/** Asserts by what their sentences begin with, for those that are no rules. */
export function assertIds(text) {
  return idsIn(text, ASSERT);
}
