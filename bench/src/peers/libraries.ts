// The clients of the peers. They live in bench/peers with a package file and a lock of their own, so that
// nothing of the product depends on them, and are installed there when the bench first needs them.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const PEERS_FOLDER = fileURLToPath(new URL("../../peers", import.meta.url));

/** A sentence when they cannot be had. */
export function installLibraries(folder: string, say: (text: string) => void): string | undefined {
  if (existsSync(join(folder, "node_modules", ".package-lock.json"))) return undefined;
  say("installing the clients of the other queues into bench/peers (once)");
  const { status, stderr } = spawnSync("npm", ["ci", "--no-audit", "--no-fund"], {
    cwd: folder,
    encoding: "utf8",
  });
  if (status === 0) return undefined;
  const last = (stderr ?? "npm could not be run").trim().split("\n").at(-1) ?? "";
  return `the clients could not be installed (npm ci in bench/peers): ${last}`;
}

/** The part of a library that a peer uses is its own interface `T`: there are no types of it here. */
export function loadLibrary<T>(name: string): T {
  return createRequire(join(PEERS_FOLDER, "package.json"))(name) as T;
}
