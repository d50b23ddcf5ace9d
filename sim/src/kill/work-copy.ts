// A copy of what a simulation needs: sources, built output and links to the installed packages, in which
// the workspaces resolve to the copy itself. A mutant is applied and built here, never in the repository.

import { execFile } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { mutatedFiles, MutantProblem, type Mutant } from "./mutant.js";

/** Rooms by the names under which they are imported. */
const ROOMS: Readonly<Record<string, string>> = {
  core: "@disheap/core",
  io: "@disheap/io",
  checker: "linearizability",
  sim: "@disheap/sim",
};
const PARTS = ["src", "dist", "package.json", "tsconfig.json"];
const BUILD_MS_MAX = 300_000;

export class WorkCopy {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  /** Copies the repository at `from` into the folder `to`, which must not exist. */
  static make(from: string, to: string): WorkCopy {
    mkdirSync(to);
    // Times are kept, so that only what an edit touches is compiled again.
    const copy = (path: string): void =>
      cpSync(join(from, path), join(to, path), { recursive: true, preserveTimestamps: true });
    for (const file of ["package.json", "tsconfig.base.json"]) copy(file);
    for (const room of Object.keys(ROOMS)) {
      mkdirSync(join(to, room));
      for (const part of PARTS) copy(join(room, part));
    }
    linkPackages(join(from, "node_modules"), join(to, "node_modules"), to);
    return new WorkCopy(to);
  }

  apply(mutant: Mutant): void {
    for (const [file, text] of mutatedFiles(this.root, mutant)) {
      writeFileSync(join(this.root, file), text);
    }
  }

  /** Compiles; once more with unused names allowed, because a mutant may leave some behind. */
  async build(id: string): Promise<void> {
    if ((await this.compile()) === undefined) return;
    const base = join(this.root, "tsconfig.base.json");
    const config = JSON.parse(readFileSync(base, "utf8")) as { compilerOptions: object };
    const relaxed = { noUnusedLocals: false, noUnusedParameters: false };
    Object.assign(config.compilerOptions, relaxed);
    writeFileSync(base, JSON.stringify(config));
    const output = await this.compile();
    if (output !== undefined) {
      throw new MutantProblem(`mutant ${id} does not compile; mend its edits:\n${output}`);
    }
  }

  /** What the compiler has to say, or nothing. */
  private compile(): Promise<string | undefined> {
    const tsc = join(this.root, "node_modules", "typescript", "bin", "tsc");
    const options = { cwd: this.root, timeout: BUILD_MS_MAX };
    return new Promise((resolve) => {
      execFile(process.execPath, [tsc, "-b", "sim"], options, (error, stdout, stderr) =>
        resolve(error ? stdout + stderr : undefined),
      );
    });
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Links every installed package; the workspaces are linked to the copy's own rooms. */
function linkPackages(from: string, to: string, copy: string): void {
  const own = new Map(Object.entries(ROOMS).map(([room, name]) => [name, join(copy, room)]));
  mkdirSync(to);
  for (const entry of readdirSync(from)) {
    if (entry.startsWith(".")) continue;
    if (!entry.startsWith("@")) {
      symlinkSync(own.get(entry) ?? join(from, entry), join(to, entry), "dir");
      continue;
    }
    mkdirSync(join(to, entry));
    for (const name of readdirSync(join(from, entry))) {
      const target = own.get(`${entry}/${name}`) ?? join(from, entry, name);
      symlinkSync(target, join(to, entry, name), "dir");
    }
  }
}
