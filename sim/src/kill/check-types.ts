// `--check-types`: compiles every mutant with all types, which the hunt itself does not look at. A room is
// compiled whole for the first mutant that touches it; a later one costs only what it changes. When it changes
// what its room shows to others, the rooms above are compiled against that.

import { join } from "node:path";
import ts from "typescript";
import { MutantProblem } from "./mutant.js";
import type { Prepared } from "./prepare.js";
import { roomOptions, wordsOf } from "./transpile.js";
import { ROOMS } from "./work-copy.js";

/** Throws one problem that names every mutant that does not compile, and where. */
export function checkTypes(
  root: string,
  prepared: readonly Prepared[],
  onProgress: (text: string) => void,
): void {
  const checker = new TypeChecker(root);
  const problems: string[] = [];
  for (const [i, { mutant, changed }] of prepared.entries()) {
    onProgress(`types of ${mutant.id}, ${i + 1} of ${prepared.length}`);
    const found = checker.problemsOf(changed);
    if (found.length === 0) continue;
    problems.push(`mutant ${mutant.id} does not compile; mend its edits:\n${found.join("\n")}`);
  }
  if (problems.length > 0) throw new MutantProblem(problems.join("\n\n"));
}

/** Looks at one change of the sources after the other. */
export class TypeChecker {
  private readonly root: string;
  /** In the order of their references: a room stands after what it imports. */
  private readonly rooms: readonly RoomChecker[];

  constructor(root: string) {
    this.root = root;
    this.rooms = Object.keys(ROOMS).map((room) => new RoomChecker(root, room));
  }

  /** What does not compile when these files read so; paths from the root. */
  problemsOf(changed: ReadonlyMap<string, string>): string[] {
    const files = new Map([...changed].map(([file, text]) => [join(this.root, file), text]));
    return this.rooms.flatMap((room) => room.check(files));
  }
}

class RoomChecker {
  private readonly parsed: ts.ParsedCommandLine;
  private readonly folder: string;
  private before: ts.EmitAndSemanticDiagnosticsBuilderProgram | undefined;

  constructor(root: string, room: string) {
    this.folder = join(root, room);
    const { options, fileNames, ...rest } = roomOptions(root, room);
    // A mutant may leave a name behind that nobody uses any more.
    const relaxed = { noUnusedLocals: false, noUnusedParameters: false };
    // What the compiler keeps between runs is of no use here, and would be written into the room.
    const kept = { composite: false, incremental: false };
    const emitted = { declaration: true, emitDeclarationOnly: true };
    delete options.tsBuildInfoFile;
    this.parsed = { ...rest, fileNames, options: { ...options, ...relaxed, ...kept, ...emitted } };
  }

  /**
   * What is wrong with the room when `files` read otherwise than on disk. Declarations that come out
   * differently are added to `files`.
   */
  check(files: Map<string, string>): string[] {
    const isTouched = [...files.keys()].some((file) => file.endsWith(".d.ts"));
    const isOwn = [...files.keys()].some((file) => file.startsWith(join(this.folder, "src")));
    if (!isTouched && !isOwn) return [];
    const program = this.compile(files);
    const problems = [
      ...program.getSyntacticDiagnostics(),
      ...program.getSemanticDiagnostics(),
      ...program.getGlobalDiagnostics(),
    ];
    if (problems.length > 0) return problems.map(wordsOf);
    program.emit(undefined, (file, text) => {
      if (file.endsWith(".d.ts") && text !== ts.sys.readFile(file)) files.set(file, text);
    });
    return [];
  }

  private compile(files: ReadonlyMap<string, string>): ts.EmitAndSemanticDiagnosticsBuilderProgram {
    const { options, fileNames, projectReferences } = this.parsed;
    const system: ts.System = {
      ...ts.sys,
      readFile: (file, encoding) => files.get(file) ?? ts.sys.readFile(file, encoding),
    };
    const host = ts.createIncrementalCompilerHost(options, system);
    this.before = ts.createEmitAndSemanticDiagnosticsBuilderProgram(
      fileNames,
      options,
      host,
      this.before,
      undefined,
      projectReferences,
    );
    return this.before;
  }
}
