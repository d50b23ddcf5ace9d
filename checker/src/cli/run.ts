// Runs one command: reads the history, checks it, prints the verdict, writes the picture, and says
// which exit code belongs to it. Files and output come in from outside, so tests can run it whole.
import { checkDisheap } from "../disheap/check.js";
import { renderDisheapReport } from "../disheap/report.js";
import { readHistory } from "../history/formats.js";
import { HistoryError } from "../history/history-error.js";
import { formatJson } from "../history/json-value.js";
import type { HistoryLine } from "../history/line.js";
import type { PairedOperation } from "../history/operations.js";
import { pairOperations } from "../history/operations.js";
import type { HistoryModel } from "../model/history-model.js";
import { historyModel, MODEL_NAMES } from "../model/history-model.js";
import { disheapPicture } from "../picture/disheap-picture.js";
import type { Picture } from "../picture/picture.js";
import { renderPicture } from "../picture/render.js";
import { searchPicture } from "../picture/search-picture.js";
import type { CheckResult, Progress } from "../search/check.js";
import { checkOperations } from "../search/check.js";
import { textOf } from "../value/text.js";
import type { CheckArguments } from "./arguments.js";
import { DISHEAP, parseArguments, USAGE } from "./arguments.js";
import type { PoolOptions } from "./pool.js";
import { checkInWorkers } from "./pool.js";

interface CommandIo {
  open(file: string): AsyncIterable<string | Uint8Array>;
  write(file: string, text: string): Promise<void>;
  out(text: string): void;
  err(text: string): void;
  readonly version: string;
}

export const EXIT = { ok: 0, illegal: 1, unknown: 2, badInput: 3 } as const;

function progressPrinter(io: CommandIo): (progress: Progress) => undefined {
  return (progress) => {
    const { elapsedMs, key, finished, partitions, configurations, placed, operations } = progress;
    const where = key === "" ? "" : `partition ${key}: `;
    io.err(
      `${(elapsedMs / 1000).toFixed(1)} s: ${finished} of ${partitions} partitions done; ${where}` +
        `${placed} of ${operations} operations placed, ${configurations} configurations seen`,
    );
    return undefined;
  };
}

interface Line {
  readonly line: number;
  readonly process: number | string;
  readonly text: string;
}

/** The operations of a window as lines of the file, so that a reader can go and look. */
function windowLines(recorded: readonly PairedOperation[], result: CheckResult): Line[] {
  const window = result.partitions.find((one) => one.window !== undefined)?.window;
  return (window?.operations ?? []).flatMap((index) => {
    const op = recorded[index];
    if (op === undefined) return [];
    const mark = index === window?.blocked ? "  <- no order explains this" : "";
    const answer = op.outcome === "unknown" ? "?" : `${op.outcome} ${textOf(op.output)}`;
    const text = `${op.f} ${textOf(op.input)} -> ${answer}${mark}`;
    return [{ line: op.line, process: op.process, text }];
  });
}

const WINDOW_LINES_MAX = 40;

function printSearch(
  io: CommandIo,
  recorded: readonly PairedOperation[],
  result: CheckResult,
): void {
  io.out(result.sentence);
  const rows = windowLines(recorded, result);
  if (result.partitions.some(({ window }) => window?.alone === true)) {
    io.out("these operations fit no order, whatever state came before them:");
  }
  for (const { line, process, text } of rows.slice(0, WINDOW_LINES_MAX)) {
    io.out(`  line ${line}, process ${process}: ${text}`);
  }
  if (rows.length > WINDOW_LINES_MAX) {
    io.out(`  … and ${rows.length - WINDOW_LINES_MAX} more operations in the same window`);
  }
  io.out(`took ${(result.elapsedMs / 1000).toFixed(3)} s`);
}

function poolOptions(args: CheckArguments): PoolOptions {
  const { model, workers, timeoutMs, memoryBytes } = args;
  return { model, workers, timeoutMs, memoryBytes };
}

async function writePicture(io: CommandIo, file: string, picture: Picture): Promise<boolean> {
  try {
    await io.write(file, renderPicture(picture));
    return true;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    io.err(`--html ${file} cannot be written: ${why}`);
    return false;
  }
}

async function search(
  io: CommandIo,
  args: CheckArguments,
  lines: readonly HistoryLine[],
  known: HistoryModel,
): Promise<number> {
  const { model } = known;
  const { operations, recorded } = known.read(pairOperations(lines), args);
  const progress = args.quiet || args.json ? {} : { onProgress: progressPrinter(io) };
  const bounds = { timeoutMs: args.timeoutMs, memoryBytes: args.memoryBytes };
  const result =
    args.workers > 1
      ? await checkInWorkers(model, operations, poolOptions(args))
      : checkOperations(model, operations, { ...bounds, ...progress, progressEveryMs: 1000 });
  if (args.json) {
    const evidence = windowLines(recorded, result);
    io.out(JSON.stringify({ model: args.model, ...result, evidence }));
  } else printSearch(io, recorded, result);
  if (args.html !== undefined) {
    const picture = searchPicture(model, operations, recorded, result);
    if (!(await writePicture(io, args.html, picture))) return EXIT.badInput;
  }
  return EXIT[result.verdict];
}

async function report(
  io: CommandIo,
  args: CheckArguments,
  lines: readonly HistoryLine[],
): Promise<number> {
  const result = checkDisheap(lines);
  io.out(args.json ? formatJson(result) : renderDisheapReport(result));
  if (args.html !== undefined) {
    const written = await writePicture(io, args.html, disheapPicture(lines, result));
    if (!written) return EXIT.badInput;
  }
  return result.verdict === "ok" ? EXIT.ok : EXIT.illegal;
}

async function check(io: CommandIo, args: CheckArguments): Promise<number> {
  let lines: HistoryLine[];
  try {
    lines = await readHistory(io.open(args.file), args.format);
  } catch (error) {
    if (error instanceof HistoryError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new HistoryError("HISTORY_UNREADABLE", 0, `cannot be read: ${why}`);
  }
  // An order of nothing always exists: a file of something else must not pass for a legal history.
  if (!lines.some(({ type }) => type !== "event")) {
    throw new HistoryError("HISTORY_EMPTY", 0, "there is no operation in it");
  }
  if (args.model === DISHEAP) return report(io, args, lines);
  const model = historyModel(args.model);
  if (model === undefined) throw new RangeError(`no model ${args.model}`);
  return search(io, args, lines, model);
}

/** Runs the command and returns its exit code. */
export async function run(argv: readonly string[], io: CommandIo): Promise<number> {
  const args = parseArguments(argv);
  if (args.command === "refused") {
    io.err(args.reason);
    return EXIT.badInput;
  }
  if (args.command !== "check") {
    if (args.command === "help") io.out(USAGE);
    if (args.command === "version") io.out(io.version);
    if (args.command === "models") io.out([...MODEL_NAMES, DISHEAP].join("\n"));
    return EXIT.ok;
  }
  try {
    return await check(io, args);
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error;
    io.err(`${args.file}: ${error.message}`);
    return EXIT.badInput;
  }
}
