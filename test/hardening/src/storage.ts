// Storage that misbehaves, for the cases: small file systems, read-only ones, damaged files.

import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Skipped } from "./case.js";
import type { World } from "./world.js";

function run(command: string, args: readonly string[]): void {
  execFileSync(command, args, { stdio: "pipe" });
}

/** A file system in memory of this size; skips the case where it may not be mounted. */
export function mountSmall(world: World, name: string, megabytes: number): string {
  const folder = join(world.folder, name);
  mkdirSync(folder, { recursive: true });
  try {
    run("mount", ["-t", "tmpfs", "-o", `size=${String(megabytes)}m`, "tmpfs", folder]);
  } catch {
    throw new Skipped("a small tmpfs cannot be mounted here (that needs root on Linux)");
  }
  world.atEnd(() => {
    run("umount", ["-l", folder]);
  });
  return folder;
}

export function remount(folder: string, options: string): void {
  run("mount", ["-o", `remount,${options}`, folder]);
}

/** Files of a store by their kind. */
export function storeFiles(dataFolder: string, kind: "log" | "table" | "manifest"): string[] {
  const pattern = { log: /^\d+\.log$/, table: /^\d+\.ldb$/, manifest: /^MANIFEST-\d+$/ }[kind];
  const store = join(dataFolder, "store");
  return readdirSync(store)
    .filter((name) => pattern.test(name))
    .map((name) => join(store, name))
    .filter((file) => statSync(file).size > 0);
}

export function flipByte(file: string, offset: number): void {
  const bytes = readFileSync(file);
  bytes[offset] = (bytes[offset] ?? 0) ^ 0x55;
  writeFileSync(file, bytes);
}

/** Puts a copy of `from` in the place of `to`. */
export function restoreFolder(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
}
