// The formats by name, and how to tell them apart by their first characters.
import { HistoryError } from "./history-error.js";
import { JepsenEdnReader } from "./jepsen-edn.js";
import { JepsenLogReader } from "./jepsen-log.js";
import { JsonLinesReader } from "./json-lines.js";
import type { HistoryLine } from "./line.js";

/** Takes chunks of text as they come; `finish` gives the whole history or throws `HistoryError`. */
interface HistoryReader {
  push(chunk: string): void;
  finish(): HistoryLine[];
}

export const FORMATS = ["jsonl", "edn", "jepsen-log"] as const;
export type FormatName = (typeof FORMATS)[number];

export function readerFor(format: FormatName): HistoryReader {
  if (format === "jsonl") return new JsonLinesReader();
  return format === "edn" ? new JepsenEdnReader() : new JepsenLogReader();
}

/** A comment, a discarded form, or a map of keywords, also tagged, and in a vector or a list. */
const EDN_START = /^[\s,]*(?:;|#_|[[(]?[\s,]*(?:;|#_|(?:#:?[\w.$]+[\s,]*)?\{[\s,]*(?::|;|#_)))/;

/** Guesses the format from the beginning of a file. */
export function detectFormat(start: string): FormatName | undefined {
  const text = start.trimStart();
  if (/^\{\s*"/.test(text)) return "jsonl";
  if (EDN_START.test(text)) return "edn";
  return /jepsen[\w.]*\s*[-:]/.test(text) ? "jepsen-log" : undefined;
}

/** Enough of a file to tell its format; the log format may begin with noise. */
const DETECT_CHARS = 4096;

/** Finds out the format from the first chunks, then reads on as that format. */
export class AnyFormatReader implements HistoryReader {
  #held = "";
  #reader: HistoryReader | undefined;

  constructor(format?: FormatName) {
    if (format !== undefined) this.#reader = readerFor(format);
  }

  push(chunk: string): void {
    if (this.#reader !== undefined) {
      this.#reader.push(chunk);
      return;
    }
    this.#held += chunk;
    if (this.#held.length >= DETECT_CHARS) this.#decide();
  }

  finish(): HistoryLine[] {
    return (this.#reader ?? this.#decide()).finish();
  }

  #decide(): HistoryReader {
    const format = detectFormat(this.#held);
    if (format === undefined) {
      const empty = this.#held.trim() === "";
      throw new HistoryError(
        empty ? "HISTORY_EMPTY" : "HISTORY_HEADER",
        empty ? 0 : 1,
        empty
          ? "the history is empty"
          : `the format is not recognised; say which it is (--format): ${FORMATS.join(", ")}`,
      );
    }
    this.#reader = readerFor(format);
    this.#reader.push(this.#held);
    this.#held = "";
    return this.#reader;
  }
}

/** Reads a history from any stream of text or bytes, in a page or in Node. */
export async function readHistory(
  chunks: AsyncIterable<string | Uint8Array>,
  format?: FormatName,
): Promise<HistoryLine[]> {
  const reader = new AnyFormatReader(format);
  const decoder = new TextDecoder();
  for await (const chunk of chunks) {
    reader.push(typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true }));
  }
  reader.push(decoder.decode());
  return reader.finish();
}
