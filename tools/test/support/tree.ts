// A small tree that looks like the repository to the dependency check: every room with one entry file,
// the rooms and the npm packages under node_modules as a real installation has them.

import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { rooms, root } from "../../rooms.mjs";

const PACKAGES = [
  "@bufbuild/protobuf",
  "@grpc/grpc-js",
  "@grpc/reflection",
  "classic-level",
  "commander",
  "grpc-health-check",
  "pino",
  "prom-client",
  "@stryker-mutator/instrumenter",
  "seedrandom",
  "typescript",
  "zod",
  // Installed, and in no room's list.
  "fast-check",
];

export function write(base: string, file: string, text: string): void {
  mkdirSync(dirname(join(base, file)), { recursive: true });
  writeFileSync(join(base, file), text);
}

/** Lays out rooms and packages below `base`, with the `package.json` files that the rooms really have. */
export function layOut(base: string): void {
  write(base, "package.json", JSON.stringify({ name: "planted", type: "module" }));
  for (const room of rooms) {
    const text = readFileSync(join(root, room, "package.json"), "utf8");
    const { name, exports } = JSON.parse(text) as {
      name: string;
      exports?: Record<string, string | { default: string }>;
    };
    write(base, `${room}/package.json`, text);
    write(base, `${room}/src/index.ts`, "export {};\n");
    for (const target of Object.values(exports ?? { ".": "./dist/index.js" })) {
      const file = typeof target === "string" ? target : target.default;
      write(base, join(room, file), "export const here = 1;\n");
    }
    mkdirSync(dirname(join(base, "node_modules", name)), { recursive: true });
    symlinkSync(join(base, room), join(base, "node_modules", name));
  }
  for (const name of PACKAGES) {
    write(base, `node_modules/${name}/package.json`, JSON.stringify({ name, main: "index.js" }));
    write(base, `node_modules/${name}/index.js`, "module.exports = {};\n");
  }
}
