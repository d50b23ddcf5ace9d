// From a source to what runs, without looking at types: what `tsc -b` emits for the file, byte for byte, in
// some milliseconds. That is possible because the rooms are compiled with isolatedModules and
// verbatimModuleSyntax: no file's output depends on another file.

import { join } from "node:path";
import ts from "typescript";

export interface Transpiled {
  readonly text: string;
  /** What is wrong with the syntax; empty when nothing is. */
  readonly problems: readonly string[];
}

/** The compiler's options of a room, with the base that they extend. */
export function roomOptions(root: string, room: string): ts.ParsedCommandLine {
  const file = join(root, room, "tsconfig.json");
  const host: ts.ParseConfigFileHost = {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: (problem) => {
      throw new Error(`${file}: ${wordsOf(problem)}`);
    },
  };
  const parsed = ts.getParsedCommandLineOfConfigFile(file, {}, host);
  if (!parsed) throw new Error(`${file} cannot be read`);
  return parsed;
}

export function wordsOf(problem: ts.Diagnostic): string {
  const text = ts.flattenDiagnosticMessageText(problem.messageText, "\n");
  if (!problem.file || problem.start === undefined) return text;
  const { line } = problem.file.getLineAndCharacterOfPosition(problem.start);
  return `${problem.file.fileName}:${line + 1}: ${text}`;
}

export class Transpiler {
  private readonly root: string;
  private readonly options = new Map<string, ts.CompilerOptions>();

  constructor(root: string) {
    this.root = root;
  }

  /** `file` is the source's path from the root: ROOM/src/....ts */
  emit(file: string, text: string): Transpiled {
    const { outputText, diagnostics = [] } = ts.transpileModule(text, {
      fileName: join(this.root, file),
      compilerOptions: this.optionsOf(file.slice(0, file.indexOf("/"))),
      reportDiagnostics: true,
    });
    return { text: outputText, problems: diagnostics.map(wordsOf) };
  }

  private optionsOf(room: string): ts.CompilerOptions {
    let options = this.options.get(room);
    if (!options) {
      // A file alone does not know the package.json that makes NodeNext mean ES modules here.
      const { ESNext } = ts.ModuleKind;
      const { Bundler } = ts.ModuleResolutionKind;
      options = { ...roomOptions(this.root, room).options, module: ESNext };
      options.moduleResolution = Bundler;
      this.options.set(room, options);
    }
    return options;
  }
}

/** Where the compiler puts the output of a source. */
export function outputOf(file: string): string {
  return file.replace("/src/", "/dist/").replace(/\.ts$/, ".js");
}
