// A small repository with one module of core whose mutants are known, and a simulator that judges only its sums.
// The process that runs seeds is the real one, with the real switches.

import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { outputOf, Transpiler } from "../../src/kill/transpile.js";
import { smallRepository } from "../kill/small-repository.js";

const REAL = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
export const TOY = "core/src/toy/toy.ts";

const SOURCE = `// A toy.
export const limit = 10 - 1;
export function sum(numbers: readonly number[]): number {
  let total = 0;
  for (let i = 0; i < numbers.length; i += 1) total += numbers[i];
  return total;
}
export function unheard(n: number): boolean {
  return n > 3;
}
export function uncalled(n: number): number {
  return n * 2;
}
export const label = "no text is mutated";
`;

/** Seed 5 fails by itself; only even seeds call `unheard`, and nobody looks at what it says. */
const RUN_PLAN = `
import { sum, unheard } from "@disheap/core";
export const DID_NOT_END = "did not end";
export const CRASH = "crash";
export function runPlan({ seed }, { eventsMax }) {
  const n = Number(seed);
  let [failure, trace] = [undefined, ""];
  try {
    const total = sum([n, 2]);
    if (n % 2 === 0) trace = String(unheard(n));
    if (total !== n + 2) failure = { rule: "Q1", message: "the sum is wrong" };
    if (n === 5) failure = { rule: "Q9", message: "always" };
  } catch (error) {
    failure = { rule: CRASH, message: error.stack };
  }
  return { failure, trace, events: 1 };
}
`;

export function toyRepository(root: string): void {
  const compilerOptions = {
    target: "ES2023",
    lib: ["ES2023"],
    module: "NodeNext",
    types: [],
    strict: true,
    verbatimModuleSyntax: true,
    isolatedModules: true,
    composite: true,
    rootDir: "${configDir}/src",
    outDir: "${configDir}/dist",
  };
  const config = JSON.stringify({ extends: "../tsconfig.base.json", include: ["src"] });
  smallRepository(root, {
    "tsconfig.base.json": JSON.stringify({ compilerOptions }),
    ...Object.fromEntries(
      ["core", "io", "checker", "sim"].flatMap((room) => [
        [`${room}/tsconfig.json`, config],
        [`${room}/src/index.ts`, "export {};\n"],
      ]),
    ),
    "core/src/index.ts": 'export * from "./toy/toy.js";\n',
    "sim/dist/plan/expand.js": "export const expandPlan = (seed) => ({ seed });\n",
    "sim/dist/run/run-plan.js": RUN_PLAN,
    [TOY]: SOURCE,
  });
  build(root, "core/src/index.ts");
  build(root, TOY);
  const kill = join("sim", "dist", "kill");
  mkdirSync(join(root, kill), { recursive: true });
  for (const file of ["child.js", "switches.js"]) {
    copyFileSync(join(REAL, kill, file), join(root, kill, file));
  }
}

function build(root: string, file: string): void {
  const output = join(root, outputOf(file));
  mkdirSync(dirname(output), { recursive: true });
  const text = readFileSync(join(root, file), "utf8");
  writeFileSync(output, new Transpiler(root).emit(file, text).text);
}

/** Changes the toy, in its source and in what runs. */
export function changeToy(root: string, find: string, replace: string): void {
  const text = readFileSync(join(root, TOY), "utf8");
  if (!text.includes(find)) throw new Error(`the toy does not say ${find}`);
  writeFileSync(join(root, TOY), text.replace(find, replace));
  build(root, TOY);
}
