// Reader and writer of the package's own format: a header line, then one JSON object per line.
// Accepts exactly what the format says and refuses the rest with the line's number.
import { textOf } from "../value/text.js";
import { HistoryError } from "./history-error.js";
import { jsonFault, maybeFaulty } from "./json-audit.js";
import { formatJson, JsonValueError, parseJson } from "./json-value.js";
import type { HistoryLine, OperationLineType } from "./line.js";
import { HISTORY_FORMAT, HISTORY_HEADER, HISTORY_VERSION } from "./line.js";
import { LineSplitter } from "./line-splitter.js";

type Fields = Record<string, unknown>;

const TYPES: ReadonlySet<unknown> = new Set(["invoke", "ok", "fail", "info"]);

function parseObject(text: string, number: number): Fields {
  let parsed: unknown;
  try {
    parsed = parseJson(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (error instanceof JsonValueError) throw new HistoryError("HISTORY_SYNTAX", number, why);
    throw new HistoryError("HISTORY_SYNTAX", number, `not JSON (${why}); one JSON object per line`);
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new HistoryError("HISTORY_SYNTAX", number, "expected a JSON object per line");
  }
  const fault = maybeFaulty(text, parsed) ? jsonFault(text) : undefined;
  if (fault !== undefined) throw new HistoryError("HISTORY_SYNTAX", number, fault);
  return parsed as Fields;
}

function checkHeader(fields: Fields, number: number): void {
  if (fields.format !== HISTORY_FORMAT) {
    const want = JSON.stringify(HISTORY_HEADER);
    throw new HistoryError("HISTORY_HEADER", number, `the first line must be the header ${want}`);
  }
  if (fields.version !== HISTORY_VERSION) {
    const got = JSON.stringify(fields.version);
    throw new HistoryError(
      "HISTORY_VERSION",
      number,
      `history version ${got} is not known; this reader knows version ${HISTORY_VERSION}`,
    );
  }
  if (fields.unit !== "us") {
    const got = JSON.stringify(fields.unit);
    throw new HistoryError("HISTORY_HEADER", number, `unit ${got} is not known; times are in "us"`);
  }
}

function isName(value: unknown): value is string | number {
  return typeof value === "string" || (typeof value === "number" && Number.isFinite(value));
}

function isTime(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value);
}

function requireField(ok: boolean, number: number, name: string, want: string, got: unknown): void {
  if (ok) return;
  const shown = got === undefined ? "it is missing" : `found ${textOf(got)}`;
  throw new HistoryError("HISTORY_FIELD", number, `"${name}" must be ${want}; ${shown}`);
}

function toLine(fields: Fields, number: number): HistoryLine {
  const { id, process, type, f, time } = fields;
  const value = fields.value ?? null;
  requireField(typeof f === "string" && f !== "", number, "f", "the operation's name", f);
  if (type === "event") {
    if (time !== undefined) {
      requireField(isTime(time), number, "time", "a number of microseconds", time);
    }
    return {
      type,
      f: f as string,
      value,
      ...(typeof time === "number" ? { time } : {}),
      ...(isName(id) ? { id } : {}),
      ...(isName(process) ? { process } : {}),
    };
  }
  requireField(TYPES.has(type), number, "type", "invoke, ok, fail, info or event", type);
  requireField(isName(id), number, "id", "a number or a string", id);
  requireField(isName(process), number, "process", "a number or a string", process);
  requireField(isTime(time), number, "time", "a number of microseconds", time);
  return {
    id: id as number | string,
    process: process as number | string,
    type: type as OperationLineType,
    f: f as string,
    time: time as number,
    value,
  };
}

/** Reads chunks of text as they come; `finish` returns the whole history. */
export class JsonLinesReader {
  readonly #lines: HistoryLine[] = [];
  #seenHeader = false;
  readonly #splitter = new LineSplitter((text, number) => {
    this.#line(text, number);
  });

  push(chunk: string): void {
    this.#splitter.push(chunk);
  }

  finish(): HistoryLine[] {
    this.#splitter.end();
    if (!this.#seenHeader) {
      const want = JSON.stringify(HISTORY_HEADER);
      throw new HistoryError(
        "HISTORY_EMPTY",
        0,
        `the history is empty; it must start with ${want}`,
      );
    }
    return this.#lines;
  }

  #line(text: string, number: number): void {
    if (text.trim() === "") {
      throw new HistoryError("HISTORY_SYNTAX", number, "the line is empty; remove it");
    }
    const fields = parseObject(text, number);
    if (this.#seenHeader) {
      this.#lines.push(toLine(fields, number));
    } else {
      checkHeader(fields, number);
      this.#seenHeader = true;
    }
  }
}

/** Parses a whole history. Throws `HistoryError` on the first malformed line. */
export function parseHistory(text: string): HistoryLine[] {
  const reader = new JsonLinesReader();
  reader.push(text);
  return reader.finish();
}

/** One line of a history file, with its line break. */
function formatHistoryLine(line: HistoryLine): string {
  if (line.line === undefined) return `${formatJson(line)}\n`;
  // Where it stood in another file means nothing in this one.
  const written: { -readonly [key in keyof HistoryLine]: HistoryLine[key] } = { ...line };
  delete written.line;
  return `${formatJson(written)}\n`;
}

/** The header line of a history file, with its line break. */
function formatHistoryHeader(): string {
  return `${JSON.stringify(HISTORY_HEADER)}\n`;
}

/** A whole history as text: `parseHistory` gives the same lines back. */
export function formatHistory(lines: readonly HistoryLine[]): string {
  return formatHistoryHeader() + lines.map(formatHistoryLine).join("");
}
