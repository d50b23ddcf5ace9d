// Fails when a room imports what docs/ARCHITECTURE.md does not allow. It looks at the *built* output,
// because an import by package name resolves through `exports` to dist, so an unbuilt tree would hide
// it; and at the sources, because the compiler drops imports of types.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rooms, root } from "./rooms.mjs";

/** Source files below `base` that have no built output. */
export function unbuilt(base, names) {
  return names.flatMap((room) => {
    const src = join(base, room, "src");
    if (!existsSync(src)) return [];
    return readdirSync(src, { recursive: true })
      .map(String)
      .filter((file) => file.endsWith(".ts"))
      .filter((file) => !existsSync(join(base, room, "dist", file.replace(/\.ts$/, ".js"))))
      .map((file) => `${room}/src/${file}`);
  });
}

/** Runs the check over the rooms below `base`. `type` is an output type of dependency-cruiser. */
export function cruise(base, names, type) {
  const bin = join(root, "node_modules", "dependency-cruiser", "bin", "dependency-cruise.mjs");
  const config = join(root, ".dependency-cruiser.cjs");
  const folders = names
    .flatMap((room) => [`${room}/dist`, `${room}/src`])
    .filter((folder) => existsSync(join(base, folder)));
  const args = [bin, "--config", config, "--output-type", type, ...folders];
  const options = { cwd: base, encoding: "utf8", maxBuffer: 1 << 28 };
  return spawnSync(process.execPath, args, options);
}

function main() {
  const missing = unbuilt(root, rooms);
  if (missing.length > 0) {
    console.error(`Not built: ${missing.slice(0, 5).join(", ")} ... Run: npm run build`);
    return 1;
  }
  const run = cruise(root, rooms, "err");
  process.stdout.write(run.stdout);
  process.stderr.write(run.stderr);
  return run.status ?? 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exit(main());
