// Checks the named histories, prints the report per guarantee, writes the page, and says which exit code
// belongs to it. Files and output come in from outside, so that tests run it whole.
import { checkDisheap, HistoryError, readHistory, renderDisheapReport } from "linearizability";
import { readArguments, USAGE } from "./arguments.js";
import { verdictOf, type Checked, type Verdict } from "./checked.js";
import { renderPage } from "./page.js";

export interface CheckIo {
  /** The newest history in reports/out/; undefined when there is none. */
  newest(): string | undefined;
  open(file: string): AsyncIterable<string | Uint8Array>;
  write(file: string, text: string): Promise<void>;
  out(text: string): void;
  err(text: string): void;
}

const EXIT = { ok: 0, violated: 1, unchecked: 2, badInput: 3 } as const;

interface Refused {
  readonly file: string;
  readonly refusal: string;
}

async function checkFile(io: CheckIo, file: string): Promise<Checked | Refused> {
  try {
    const lines = await readHistory(io.open(file), "jsonl");
    const report = checkDisheap(lines);
    return { file, verdict: verdictOf(report), lines, report };
  } catch (error) {
    if (error instanceof HistoryError) return { file, refusal: `${file}: ${error.message}` };
    if (!isFileError(error)) throw error;
    return { file, refusal: `${file} cannot be read: ${error.message}` };
  }
}

/** What the operating system says about a file, as opposed to a fault of this program. */
function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error && "syscall" in error;
}

function textOf({ file, verdict, report }: Checked): string {
  const last = verdict === "unchecked" ? "\nnothing in it could be checked" : "";
  return `${file}\n${renderDisheapReport(report)}${last}`;
}

function jsonOf(checked: readonly Checked[], refused: readonly Refused[]): string {
  const histories = checked.map(({ file, verdict, report }) => ({ file, verdict, report }));
  return JSON.stringify({ histories, refused });
}

/** A violation weighs most, then what could not be read, then what could not be checked. */
function exitCodeOf(checked: readonly Checked[], refused: readonly Refused[]): number {
  const has = (verdict: Verdict): boolean => checked.some((one) => one.verdict === verdict);
  if (has("violated")) return EXIT.violated;
  if (refused.length > 0) return EXIT.badInput;
  return has("unchecked") ? EXIT.unchecked : EXIT.ok;
}

export async function runCheck(argv: readonly string[], io: CheckIo): Promise<number> {
  const args = readArguments(argv);
  if (typeof args === "string") {
    io.err(args);
    return EXIT.badInput;
  }
  if (args.help) {
    io.out(USAGE);
    return EXIT.ok;
  }
  const newest = args.files.length === 0 ? io.newest() : undefined;
  const files = newest === undefined ? args.files : [newest];
  if (files.length === 0) {
    io.err(
      "There is no history in reports/out/. Record one: npm run sim -- --seed 7 --history reports/out/seed-7.jsonl",
    );
    return EXIT.unchecked;
  }
  const results: (Checked | Refused)[] = [];
  for (const file of files) results.push(await checkFile(io, file));
  const refused = results.filter((one) => "refusal" in one);
  const checked = results.filter((one) => "report" in one);
  for (const { refusal } of refused) io.err(refusal);
  if (args.json) io.out(jsonOf(checked, refused));
  else for (const one of checked) io.out(textOf(one));
  if (args.html !== undefined && checked.length > 0) {
    try {
      await io.write(args.html, renderPage(checked));
    } catch (error) {
      if (!isFileError(error)) throw error;
      io.err(`${args.html} cannot be written: ${error.message}`);
      return Math.max(exitCodeOf(checked, refused), EXIT.badInput);
    }
    if (!args.json) io.out(`page: ${args.html}`);
  }
  return exitCodeOf(checked, refused);
}
