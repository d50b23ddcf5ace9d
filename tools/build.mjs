// Compiles all rooms with `tsc -b` and removes the output of deleted sources first, because tsc -b
// keeps it and a stale file would still be importable.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installIfNeeded } from "./install.mjs";
import { rooms, root } from "./rooms.mjs";

/** Deletes every compiled file whose source is gone. Returns how many were removed. */
export function removeStaleOutput(base = root, names = rooms) {
  let removed = 0;
  for (const room of names) {
    const dist = join(base, room, "dist");
    if (!existsSync(dist)) continue;
    for (const file of readdirSync(dist, { recursive: true })) {
      const name = String(file);
      const stem = name.replace(/\.(d\.ts|js)(\.map)?$/, "");
      if (stem === name) continue;
      if (existsSync(join(base, room, "src", `${stem}.ts`))) continue;
      rmSync(join(dist, name), { force: true });
      rmSync(join(dist, ".tsbuildinfo"), { force: true });
      removed += 1;
    }
  }
  return removed;
}

/** Installs, cleans and compiles. Returns tsc's exit code. */
function build() {
  installIfNeeded();
  removeStaleOutput();
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const run = spawnSync(process.execPath, [tsc, "-b"], { cwd: root, stdio: "inherit" });
  return run.status ?? 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exit(build());
