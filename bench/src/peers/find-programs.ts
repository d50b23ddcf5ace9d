// Looks for the programs of a peer on this machine. One that is missing is named with the package that
// brings it: that is no error, the other peers are measured all the same.

import { accessSync, constants, readdirSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";

export interface ProgramNeed {
  readonly program: string;
  /** Folders beside those of PATH; a part `*` stands for any one folder, the last one by name first. */
  readonly folders?: readonly string[];
  /** The distribution's package that brings it. */
  readonly package: string;
}

class ProgramMissing extends Error {}

export function findProgram(need: ProgramNeed, path = process.env["PATH"] ?? ""): string {
  const { program, folders = [] } = need;
  // A peer's own folder comes first: what PATH holds may be a wrapper that changes users.
  const candidates = [...folders.flatMap(expand), ...path.split(delimiter)];
  for (const folder of candidates) {
    const file = join(folder, program);
    if (isProgram(file)) return file;
  }
  throw new ProgramMissing(`${program} is not installed; apt-get install ${need.package}`);
}

/** What is missing, as one sentence; undefined when all is there. */
export function missingOf(needs: readonly ProgramNeed[], path?: string): string | undefined {
  for (const need of needs) {
    try {
      findProgram(need, path);
    } catch (error) {
      if (error instanceof ProgramMissing) return error.message;
      throw error;
    }
  }
  return undefined;
}

function expand(folder: string): string[] {
  const [before, after] = folder.split("/*/");
  if (before === undefined || after === undefined) return [folder];
  return namesIn(before).map((name) => join(before, name, after));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort().reverse();
  } catch {
    return [];
  }
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
