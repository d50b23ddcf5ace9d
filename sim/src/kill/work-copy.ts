// Copies of the built tree in which mutants run; the repository itself is never touched. One real copy, the
// original, is made when a hunt begins, so that a build beside it changes nothing any more. Each mutant's
// copy is hard links to it and a few files of its own. Layout of the folder:
//   node_modules -> the repository's      original/{core,io,checker,sim}/...      MUTANT/{core,...}/...
// A copy's own node_modules names only the workspaces, which are found there first; everything else is
// found one folder higher.

import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { ORIGINAL } from "./orders.js";

/** Rooms by the names under which they are imported. */
export const ROOMS: Readonly<Record<string, string>> = {
  core: "@disheap/core",
  io: "@disheap/io",
  checker: "linearizability",
  sim: "@disheap/sim",
};

/** What the tests of situations need beside the built output: they import the simulator's sources. */
const FOR_TESTS = [
  "vitest.config.ts",
  "tools/property-sizes.ts",
  "package.json",
  "tsconfig.base.json",
  ...Object.keys(ROOMS).map((room) => `${room}/tsconfig.json`),
  "sim/src",
  "sim/test",
];

export class WorkCopies {
  private readonly folder: string;
  private readonly files: ReadonlySet<string>;

  /** Takes the original of the repository at `root` into an empty folder. */
  constructor(root: string, folder: string, withTests: boolean) {
    this.folder = folder;
    this.files = new Set(filesOf(root, withTests));
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "dir");
    this.fill(ORIGINAL, (file, to) => copyFileSync(join(root, file), to));
  }

  /** The folder of the copy without a mutant. */
  get original(): string {
    return join(this.folder, ORIGINAL);
  }

  /** Makes a copy with some files changed, and returns its folder. */
  make(id: string, changed: ReadonlyMap<string, string>): string {
    const copy = this.fill(id, (file, to) => {
      // A changed file is a new one: writing through a link would change the original.
      if (!changed.has(file)) linkOrCopy(join(this.original, file), to);
    });
    for (const [file, text] of changed) {
      if (this.files.has(file)) writeFileSync(join(copy, file), text, { flag: "wx" });
    }
    return copy;
  }

  remove(id: string): void {
    rmSync(join(this.folder, id), { recursive: true, force: true });
  }

  private fill(id: string, place: (file: string, to: string) => void): string {
    const copy = join(this.folder, id);
    const made = new Set<string>();
    for (const file of this.files) {
      const to = join(copy, file);
      if (!made.has(dirname(to))) mkdirSync(dirname(to), { recursive: true });
      made.add(dirname(to));
      place(file, to);
    }
    for (const [room, name] of Object.entries(ROOMS)) {
      const link = join(copy, "node_modules", name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(copy, room), link, "dir");
    }
    return copy;
  }
}

/** Paths of the files that a copy holds. */
function filesOf(root: string, withTests: boolean): string[] {
  // Vite complains about each map that is named in a file and not there.
  const runs = withTests ? /\.js(\.map)?$/ : /\.js$/;
  const built = Object.keys(ROOMS).flatMap((room) => [
    `${room}/package.json`,
    ...under(root, `${room}/dist`).filter((file) => runs.test(file)),
  ]);
  if (!withTests) return built;
  return [...built, ...FOR_TESTS.flatMap((path) => under(root, path))];
}

/** The file at the path, or all files in the folder at the path, from the root. */
function under(root: string, path: string): string[] {
  const at = join(root, path);
  if (!existsSync(at)) {
    throw new Error(`${path} is not there: build the repository with npm run build first`);
  }
  if (!statSync(at).isDirectory()) return [path];
  const entries = readdirSync(at, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    // A file system without hard links.
    copyFileSync(from, to);
  }
}
