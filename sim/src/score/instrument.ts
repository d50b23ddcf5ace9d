// The instrumented build: every mutant of the library's operators in one program, none of them active until a
// process is told which. Made of the sources as they are, and kept in a folder of its own by their hash, never
// in dist/.

import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Instrumenter } from "@stryker-mutator/instrumenter";
import { outputOf, Transpiler } from "../kill/transpile.js";
import type { Mutation } from "./mutation.js";
import { mutatedSources } from "./sources.js";

/** Part of the sources' hash: another library, other mutants. */
export const LIBRARY = "@stryker-mutator/instrumenter 9.6.1";
/** A changed text of a message is no bug that a simulator should find. */
const EXCLUDED = ["StringLiteral", "Regex"];

export interface InstrumentedBuild {
  /** In the order of their ids. */
  readonly mutations: readonly Mutation[];
  /** What runs, by its path from the root. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** The build of these sources, from `file` when it has been made before. */
export async function instrumentedBuild(root: string, file: string): Promise<InstrumentedBuild> {
  const kept = readJson<InstrumentedBuild>(file);
  if (kept) return kept;
  const build = await instrument(root);
  writeWhole(file, JSON.stringify(build));
  return build;
}

async function instrument(root: string): Promise<InstrumentedBuild> {
  const sources = new Map(
    mutatedSources(root).map((file) => [file, readFileSync(join(root, file), "utf8")]),
  );
  const files = [...sources].map(([name, content]) => ({ name, content, mutate: true }));
  const result = await new Instrumenter(SILENT).instrument(files, {
    excludedMutations: EXCLUDED,
    ignorers: [],
    plugins: null,
  });
  const transpiler = new Transpiler(root);
  const outputs: Record<string, string> = {};
  for (const { name, content } of result.files) {
    const { text, problems } = transpiler.emit(name, content);
    if (problems.length > 0) throw new Error(`${name}, instrumented: ${problems.join("\n")}`);
    outputs[outputOf(name)] = text;
  }
  const mutations = result.mutants
    .filter(({ status }) => status === undefined)
    .map(({ id, fileName, location, mutatorName, replacement }): Mutation => {
      const text = sources.get(fileName) ?? "";
      const start = offsetOf(text, location.start);
      const original = text.slice(start, offsetOf(text, location.end));
      const { line, column } = location.start;
      const place = { file: fileName, line: line + 1, column: column + 1, start };
      return { id: Number(id), ...place, mutator: mutatorName, original, replacement };
    });
  return { mutations, outputs };
}

/** The library counts lines and columns from zero. */
function offsetOf(text: string, { line, column }: { line: number; column: number }): number {
  let at = 0;
  for (let i = 0; i < line; i += 1) at = text.indexOf("\n", at) + 1;
  return at + column;
}

const never = (): boolean => false;
const nothing = (): void => undefined;
const SILENT: ConstructorParameters<typeof Instrumenter>[0] = {
  isTraceEnabled: never,
  isDebugEnabled: never,
  isInfoEnabled: never,
  isWarnEnabled: never,
  isErrorEnabled: never,
  isFatalEnabled: never,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  fatal: nothing,
};

/** The value in a file; undefined when it is not there or was cut short. */
export function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as T;
  } catch {
    return undefined;
  }
}

/** Writes a file that others see whole or not at all. */
export function writeWhole(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, text);
  renameSync(draft, file);
}
