// What is mutated, and what judges it. Both are known by a hash of their text: a result counts only for the
// sources it was found with.

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";

/** Where mutants are made: all that the simulator runs of what is shipped. */
const MUTATED = ["core/src", "io/src/turn"];

/** What decides whether a mutant dies: plans, world, workload, rules, monitors, and the ports between. */
const JUDGES = [
  "sim/src/oracle",
  "sim/src/plan",
  "sim/src/run",
  "sim/src/workload",
  "sim/src/world",
  "checker/src",
  "io/src/ports.ts",
];

export interface Keys {
  /** Of the sources that are mutated, and of the library that mutates them. */
  readonly sources: string;
  readonly judges: string;
}

export function keysOf(root: string, library: string): Keys {
  return {
    sources: hashOf(root, mutatedSources(root), library),
    judges: hashOf(root, filesUnder(root, JUDGES), ""),
  };
}

/** Paths from the root, sorted: mutants are numbered in this order. */
export function mutatedSources(root: string): string[] {
  return filesUnder(root, MUTATED);
}

function filesUnder(root: string, paths: readonly string[]): string[] {
  const files = paths.flatMap((path) => {
    const at = join(root, path);
    if (!existsSync(at)) return [];
    if (!statSync(at).isDirectory()) return [path];
    const entries = readdirSync(at, { withFileTypes: true, recursive: true });
    const sources = entries.filter((entry) => entry.isFile() && entry.name.endsWith(".ts"));
    return sources.map((entry) => relative(root, join(entry.parentPath, entry.name)));
  });
  return files.sort((a, b) => (a < b ? -1 : 1));
}

function hashOf(root: string, files: readonly string[], extra: string): string {
  const hash = createHash("sha256").update(extra);
  for (const file of files) hash.update(`\0${file}\0`).update(readFileSync(join(root, file)));
  return hash.digest("hex").slice(0, 16);
}
