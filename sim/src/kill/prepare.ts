// Before anything runs: does every mutant fit the sources, is what it makes of them still TypeScript, does
// it change what runs? All of them are looked at, and every one that is wrong is named.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { mutatedFiles, MutantProblem, type Mutant } from "./mutant.js";
import { outputOf, Transpiler } from "./transpile.js";

/** A mutant with the files that its copy gets, by their paths from the root: sources and their output. */
export interface Prepared {
  readonly mutant: Mutant;
  readonly changed: ReadonlyMap<string, string>;
}

/** Throws one problem that names every mutant that cannot be hunted, and why. */
export function prepareAll(root: string, mutants: readonly Mutant[]): Prepared[] {
  const transpiler = new Transpiler(root);
  const prepared: Prepared[] = [];
  const problems: string[] = [];
  for (const mutant of mutants) {
    try {
      prepared.push({ mutant, changed: prepare(root, transpiler, mutant) });
    } catch (error) {
      if (!(error instanceof MutantProblem)) throw error;
      problems.push(error.message);
    }
  }
  if (problems.length > 0) throw new MutantProblem(problems.join("\n\n"));
  return prepared;
}

function prepare(root: string, transpiler: Transpiler, mutant: Mutant): Map<string, string> {
  const { id, situation } = mutant;
  if (situation !== undefined && !existsSync(join(root, situation))) {
    throw new MutantProblem(`mutant ${id} names the situation ${situation}, which is not there`);
  }
  const changed = new Map<string, string>();
  let isChange = false;
  for (const [file, text] of mutatedFiles(root, mutant)) {
    const output = transpiler.emit(file, text);
    if (output.problems.length > 0) {
      throw new MutantProblem(
        `mutant ${id} breaks the syntax; mend its edits:\n${output.problems.join("\n")}`,
      );
    }
    isChange ||= output.text !== readBuilt(root, outputOf(file));
    changed.set(file, text);
    changed.set(outputOf(file), output.text);
  }
  if (!isChange) {
    throw new MutantProblem(`mutant ${id} changes nothing that runs, so nothing can find it`);
  }
  return changed;
}

function readBuilt(root: string, file: string): string {
  try {
    return readFileSync(join(root, file), "utf8");
  } catch {
    throw new Error(`${file} is not there: build the repository with npm run build first`);
  }
}
