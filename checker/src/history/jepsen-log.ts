// Reads a Jepsen text log. Lines that are not operations are skipped.
import { EdnKeyword } from "../value/edn-value.js";
import type { EdnValue } from "../value/edn-value.js";
import { EdnIncomplete, EdnSyntaxError } from "./edn-error.js";
import { parseEdn } from "./edn.js";
import { HistoryError } from "./history-error.js";
import { JepsenHistory } from "./jepsen.js";
import type { HistoryLine } from "./line.js";
import { LineSplitter } from "./line-splitter.js";

/** `… jepsen.util - 0 :invoke :cas [0 2]`, with any prefix and any blanks. */
const LOG_LINE = /jepsen[\w.]*\s*[-:]\s*(\d+|:\w+)\s+:(\w+)\s+:([^\s,]+)(?:\s+(.*))?$/;

/** A value or a reason that says that no answer came in time. */
function isTimeOut(value: EdnValue): boolean {
  return value === "timed-out" || (value instanceof EdnKeyword && value.name === "timed-out");
}

export class JepsenLogReader {
  readonly #history = new JepsenHistory();
  readonly #splitter = new LineSplitter((line, number) => {
    this.#line(line, number);
  });

  push(chunk: string): void {
    this.#splitter.push(chunk);
  }

  finish(): HistoryLine[] {
    this.#splitter.end();
    return this.#history.finish();
  }

  #line(line: string, number: number): void {
    const text = line.trimEnd();
    const match = LOG_LINE.exec(text);
    if (match === null) return;
    const [, process = "", type = "", f = "", rest = ""] = match;
    const [value = null, error] = this.#forms(rest, number, text.length - rest.length);
    const reason = error ?? (isTimeOut(value) ? value : undefined);
    const failed = type === "fail" && reason !== undefined;
    const operation = { type, f, value: failed ? { error: reason } : value };
    const name = process.startsWith(":") ? new EdnKeyword(process.slice(1)) : Number(process);
    this.#history.add({ process: name, ...operation }, number);
  }

  #forms(text: string, number: number, columnsBefore: number): EdnValue[] {
    try {
      return parseEdn(text);
    } catch (error) {
      if (!(error instanceof EdnIncomplete || error instanceof EdnSyntaxError)) throw error;
      const reason = `the operation's value: ${error.reason}`;
      throw new HistoryError("HISTORY_SYNTAX", number, reason, columnsBefore + error.column);
    }
  }
}
