// Cuts chunks of text into lines, keeping an unfinished last line for the next chunk. Every format
// reader sits on it, so a file, a stream and a string take the same path.
import { HistoryError } from "./history-error.js";

/** Longer lines are refused: an engine's text ends near 500 million characters, and badly. */
const LINE_CHARS_MAX = 200_000_000;

/** Called for each complete line, without its line break. `number` counts from 1. */
type LineSink = (line: string, number: number) => void;

interface LineOptions {
  /** Leave a carriage return before the line break where it is. */
  readonly keepReturns?: boolean;
}

export class LineSplitter {
  readonly #sink: LineSink;
  readonly #keepReturns: boolean;
  /** Pieces of the line that has no end yet; joined once, so a long line costs its length. */
  #rest: string[] = [];
  #restChars = 0;
  #count = 0;

  constructor(sink: LineSink, { keepReturns = false }: LineOptions = {}) {
    this.#sink = sink;
    this.#keepReturns = keepReturns;
  }

  push(chunk: string): void {
    let from = 0;
    for (let end = chunk.indexOf("\n"); end >= 0; end = chunk.indexOf("\n", from)) {
      this.#hold(chunk.slice(from, end));
      this.#emit();
      from = end + 1;
    }
    this.#hold(chunk.slice(from));
  }

  /** Hands over a last line that has no line break. */
  end(): void {
    if (this.#restChars > 0) this.#emit();
  }

  #hold(piece: string): void {
    if (piece === "") return;
    this.#rest.push(piece);
    this.#restChars += piece.length;
    if (this.#restChars <= LINE_CHARS_MAX) return;
    throw new HistoryError(
      "HISTORY_SYNTAX",
      this.#count + 1,
      `the line is longer than ${LINE_CHARS_MAX} characters; record a hash of a large value instead`,
    );
  }

  #emit(): void {
    const line = this.#rest.join("");
    this.#rest = [];
    this.#restChars = 0;
    this.#count += 1;
    const isCut = !this.#keepReturns && line.endsWith("\r");
    this.#sink(isCut ? line.slice(0, -1) : line, this.#count);
  }
}
