// A seeded bug as data: which places of the source it changes, which rules should notice it, which faults
// it needs. Every edit must match exactly once, so that the list stays true as the sources change.

import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

export interface Edit {
  /** Path from the root of the repository. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export interface Mutant {
  readonly id: string;
  readonly title: string;
  /** Where this bug was seen: an issue, a commit, or the decision that names it. */
  readonly origin: string;
  readonly edits: readonly Edit[];
  /** Rules of which one should catch it. */
  readonly expect: readonly string[];
  /** Fault kinds without which it cannot show; empty when it needs none. */
  readonly needs: readonly string[];
  /**
   * Set: the test that makes its situation on purpose, as a path from the root, because seeds reach it only
   * by luck. It is hunted by that test, or by seeds when it is named and situations are not asked for.
   */
  readonly situation?: string;
  /** Set beside it: seeds find it as well, and must. With situations it has to die of both. */
  readonly alsoBySeeds?: true;
  /** Set: why nothing can ever tell it from the original. It is hunted only when it is named. */
  readonly equivalent?: string;
}

/** A mutant file that cannot be used: names the file, what is wrong and what to do. */
export class MutantProblem extends Error {
  override readonly name = "MutantProblem";
}

/** Catalogues: seeded bugs of the simulation, bugs the Raft field has had, this project's decisions, faults found in reviews. */
const ID = /^(seed-S\d\d|raft-[A-H]\d{1,2}|dec-\d{1,2}|rev-[A-F]\d{1,2})[a-z]?$/;
/** Rooms that the working copy holds. */
const EDITABLE = /^(core|io|checker|sim)\/src\/[\w./-]+\.ts$/;
const FIELDS = [
  "id",
  "title",
  "origin",
  "edits",
  "expect",
  "needs",
  "situation",
  "alsoBySeeds",
  "equivalent",
];
const SITUATION = /^sim\/test\/host\/[\w-]+\.test\.ts$/;
const EDIT_FIELDS = ["file", "find", "replace"];

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads the text of a mutant file; `name` is how problems name it. */
export function parseMutant(text: string, name: string): Mutant {
  const problem = (what: string): MutantProblem => new MutantProblem(`${name}: ${what}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw problem(`is not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  if (!isRecord(value)) throw problem("must hold one JSON object");
  const record = value;
  const unknown = Object.keys(record).filter((key) => !FIELDS.includes(key));
  if (unknown.length > 0) throw problem(`has unknown fields: ${unknown.join(", ")}`);
  const textField = (field: string): string => {
    const found = record[field];
    if (typeof found === "string" && found !== "") return found;
    throw problem(`"${field}" must be a text that is not empty`);
  };
  const listField = (field: string): string[] => {
    const found = record[field];
    if (Array.isArray(found) && found.every((item) => typeof item === "string")) return found;
    throw problem(`"${field}" must be a list of texts`);
  };
  const id = textField("id");
  if (!ID.test(id)) {
    throw problem(
      `id "${id}" must be one of seed-S00, raft-A0, dec-0 or rev-A0, with a letter at most`,
    );
  }
  const expect = listField("expect");
  if (expect.length === 0) throw problem(`"expect" must name at least one rule`);
  const { edits } = record;
  if (!Array.isArray(edits) || edits.length === 0) throw problem(`"edits" must hold an edit`);
  const optional: { situation?: string; alsoBySeeds?: true; equivalent?: string } = {};
  if ("equivalent" in record) optional.equivalent = textField("equivalent");
  if ("situation" in record) optional.situation = textField("situation");
  if (optional.situation !== undefined && !SITUATION.test(optional.situation)) {
    throw problem(`"situation" must be a test such as sim/test/host/cut-tail.test.ts`);
  }
  if ("alsoBySeeds" in record) {
    if (record["alsoBySeeds"] !== true || optional.situation === undefined) {
      throw problem(`"alsoBySeeds" must be true, and stand beside a "situation"`);
    }
    optional.alsoBySeeds = true;
  }
  return {
    id,
    title: textField("title"),
    origin: textField("origin"),
    edits: edits.map((edit, i) => parseEdit(edit, (what) => problem(`edit ${i + 1} ${what}`))),
    expect,
    needs: listField("needs"),
    ...optional,
  };
}

function parseEdit(value: unknown, problem: (what: string) => MutantProblem): Edit {
  if (!isRecord(value)) throw problem("must be an object");
  const unknown = Object.keys(value).filter((key) => !EDIT_FIELDS.includes(key));
  if (unknown.length > 0) throw problem(`has unknown fields: ${unknown.join(", ")}`);
  const { file, find, replace } = value;
  if (typeof file !== "string" || !EDITABLE.test(file) || file.includes("..")) {
    throw problem(`must name a file such as core/src/raft/log.ts, not ${JSON.stringify(file)}`);
  }
  if (typeof find !== "string" || find === "") throw problem(`must hold the text to "find"`);
  if (typeof replace !== "string" || replace === find) {
    throw problem(`must hold another text to "replace" it by`);
  }
  return { file, find, replace };
}

export function readMutant(file: string): Mutant {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new MutantProblem(`${file} cannot be read: ${why}`);
  }
  return parseMutant(text, file);
}

/**
 * All mutants of a folder in the order of their names; a file is named by its id. Throws one problem that
 * names every file that is wrong.
 */
export function readMutants(folder: string): Mutant[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  const problems: string[] = [];
  const mutants = names.sort(byNumber).flatMap((name) => {
    try {
      const mutant = readMutant(join(folder, name));
      if (`${mutant.id}.json` === name) return [mutant];
      problems.push(`${name} holds the mutant ${mutant.id}: name it ${mutant.id}.json`);
    } catch (error) {
      if (!(error instanceof MutantProblem)) throw error;
      problems.push(error.message);
    }
    return [];
  });
  if (problems.length > 0) throw new MutantProblem(problems.join("\n\n"));
  return mutants;
}

/** raft-A5 before raft-A12. */
function byNumber(a: string, b: string): number {
  const key = (name: string): string =>
    basename(name).replace(/\d+/g, (digits) => digits.padStart(4, "0"));
  return key(a) < key(b) ? -1 : 1;
}

/** The text with the edit made; refuses an edit that matches nowhere or more than once. */
export function applyEdit(text: string, edit: Edit, id: string): string {
  const parts = text.split(edit.find);
  if (parts.length !== 2) {
    const count = parts.length === 1 ? "nowhere" : `${parts.length - 1} times`;
    throw new MutantProblem(
      `mutant ${id} does not fit ${edit.file}: its text is found ${count}, it must be found once. ` +
        `Bring the mutant up to date with the source. It looks for:\n${edit.find}`,
    );
  }
  return parts.join(edit.replace);
}

/** The files a mutant changes, as they read afterwards. Refuses a mutant that does not fit. */
export function mutatedFiles(root: string, mutant: Mutant): Map<string, string> {
  const texts = new Map<string, string>();
  for (const edit of mutant.edits) {
    const text = texts.get(edit.file) ?? readSource(root, edit.file, mutant.id);
    texts.set(edit.file, applyEdit(text, edit, mutant.id));
  }
  return texts;
}

function readSource(root: string, file: string, id: string): string {
  try {
    return readFileSync(join(root, file), "utf8");
  } catch {
    throw new MutantProblem(
      `mutant ${id} names ${file}, which cannot be read: bring the mutant up to date with the source`,
    );
  }
}
