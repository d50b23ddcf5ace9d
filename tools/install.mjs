// Installs the locked dependencies of a folder when they are missing or older than its lock file, so that
// every `npm start` and `npm test` works on a fresh clone. Prints only when it has something to do.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { root } from "./rooms.mjs";

/** Returns npm's exit code. */
export function install(folder) {
  const marker = join(folder, "node_modules", ".package-lock.json");
  const lock = join(folder, "package-lock.json");
  if (existsSync(marker) && statSync(marker).mtimeMs >= statSync(lock).mtimeMs - 1000) return 0;
  console.error("Installing the locked dependencies (npm ci); this happens once ...");
  const run = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
  return run.status ?? 1;
}

export function installIfNeeded() {
  const code = install(root);
  if (code === 0) return;
  console.error("npm ci failed; the lines above say why. Check the network and try again.");
  process.exit(code);
}
