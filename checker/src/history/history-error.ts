// The one error that reading a history throws. A history comes from outside, so every refusal names
// the line, what is wrong with it, and what to do next.

/** Why a history was refused. */
export type HistoryErrorCode =
  | "HISTORY_UNREADABLE"
  | "HISTORY_EMPTY"
  | "HISTORY_HEADER"
  | "HISTORY_VERSION"
  | "HISTORY_SYNTAX"
  | "HISTORY_FIELD"
  | "HISTORY_PAIR"
  | "HISTORY_VALUE";

/** A malformed history: `line` is the 1-based line number in the file, 0 when there is none. */
export class HistoryError extends Error {
  override readonly name = "HistoryError";
  readonly code: HistoryErrorCode;
  readonly line: number;
  readonly reason: string;

  constructor(code: HistoryErrorCode, line: number, reason: string) {
    super(line > 0 ? `line ${line}: ${reason}` : reason);
    this.code = code;
    this.line = line;
    this.reason = reason;
  }
}
