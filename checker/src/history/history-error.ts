// The one error that reading a history throws. A history comes from outside, so every refusal names
// the line, what is wrong with it, and what to do next.

/** Why a history was refused. */
type HistoryErrorCode =
  | "HISTORY_UNREADABLE"
  | "HISTORY_EMPTY"
  | "HISTORY_HEADER"
  | "HISTORY_VERSION"
  | "HISTORY_SYNTAX"
  | "HISTORY_FIELD"
  | "HISTORY_PAIR"
  | "HISTORY_VALUE";

/** A malformed history: lines and columns count from 1; a line of 0 or no column: there is none. */
export class HistoryError extends Error {
  override readonly name = "HistoryError";
  readonly code: HistoryErrorCode;
  readonly line: number;
  readonly column: number | undefined;
  readonly reason: string;

  constructor(code: HistoryErrorCode, line: number, reason: string, column?: number) {
    const place = column === undefined ? `line ${line}` : `line ${line}, column ${column}`;
    super(line > 0 ? `${place}: ${reason}` : reason);
    this.code = code;
    this.line = line;
    this.column = column;
    this.reason = reason;
  }
}
