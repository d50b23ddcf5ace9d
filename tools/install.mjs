// Installs the locked dependencies when they are missing or older than the lock file, so that every
// `npm start` and `npm test` works on a fresh clone. Prints only when it has something to do.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { root } from "./rooms.mjs";

export function installIfNeeded() {
  const marker = join(root, "node_modules", ".package-lock.json");
  const lock = join(root, "package-lock.json");
  if (existsSync(marker) && statSync(marker).mtimeMs >= statSync(lock).mtimeMs - 1000) return;
  console.error("Installing the locked dependencies (npm ci); this happens once ...");
  const run = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (run.status !== 0) {
    console.error("npm ci failed; the lines above say why. Check the network and try again.");
    process.exit(run.status ?? 1);
  }
}
