// Fails when a room imports what docs/ARCHITECTURE.md does not allow. It looks at the *built* output:
// an import by package name resolves through `exports` to dist, so an unbuilt tree hides it.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { rooms, root } from "./rooms.mjs";

const bin = join(root, "node_modules", "dependency-cruiser", "bin", "dependency-cruise.mjs");
const dists = rooms.map((room) => `${room}/dist`);
const run = spawnSync(process.execPath, [bin, "--config", ".dependency-cruiser.cjs", ...dists], {
  cwd: root,
  stdio: "inherit",
});
process.exit(run.status ?? 1);
