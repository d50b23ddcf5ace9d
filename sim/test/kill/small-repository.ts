// A repository with the rooms of the real one and next to nothing in them, for tests of copies. What it has
// installed is the real thing.

import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Mutant } from "../../src/kill/mutant.js";
import { ROOMS } from "../../src/kill/work-copy.js";

const INSTALLED = ["typescript", "vitest", "@types"];
const REAL = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

export type Files = Readonly<Record<string, string>>;

function write(root: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

/** Makes it at `root`. A source `export const where = import.meta.url` tells from where it was loaded. */
export function smallRepository(root: string, files: Files = {}): void {
  write(root, {
    "package.json": JSON.stringify({ type: "module" }),
    "tsconfig.base.json": JSON.stringify({ compilerOptions: { target: "ES2023" } }),
    "vitest.config.ts": "export default { test: { include: ['**/test/**/*.test.ts'] } };\n",
    "tools/property-sizes.ts": "",
    "sim/test/host/none.ts": "",
  });
  for (const [room, name] of Object.entries(ROOMS)) {
    const exports = { ".": "./dist/index.js" };
    write(root, {
      [`${room}/package.json`]: JSON.stringify({ name, type: "module", exports }),
      [`${room}/tsconfig.json`]: JSON.stringify({ extends: "../tsconfig.base.json" }),
      [`${room}/src/index.ts`]: "export const where = import.meta.url;\n",
      [`${room}/dist/index.js`]: "export const where = import.meta.url;\n",
    });
  }
  const link = (name: string, target: string): void => {
    mkdirSync(dirname(join(root, "node_modules", name)), { recursive: true });
    symlinkSync(target, join(root, "node_modules", name), "dir");
  };
  for (const [room, name] of Object.entries(ROOMS)) link(name, join(root, room));
  for (const name of INSTALLED) link(name, join(REAL, "node_modules", name));
  write(root, files);
}

export function mutantOf(id: string, file: string, find: string, replace: string): Mutant {
  const edits = [{ file, find, replace }];
  return { id, title: "t", origin: "o", edits, expect: ["R1"], needs: [] };
}
