// Cuts chunks of text into lines, keeping an unfinished last line for the next chunk. Every format
// reader sits on it, so a file, a stream and a string take the same path.

/** Called for each complete line, without its line break. `number` counts from 1. */
export type LineSink = (line: string, number: number) => void;

export class LineSplitter {
  readonly #sink: LineSink;
  #rest = "";
  #count = 0;

  constructor(sink: LineSink) {
    this.#sink = sink;
  }

  push(chunk: string): void {
    const text = this.#rest + chunk;
    let from = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", from)) {
      this.#emit(text.slice(from, end));
      from = end + 1;
    }
    this.#rest = text.slice(from);
  }

  /** Hands over a last line that has no line break. */
  end(): void {
    if (this.#rest !== "") this.#emit(this.#rest);
    this.#rest = "";
  }

  #emit(line: string): void {
    this.#count += 1;
    this.#sink(line.endsWith("\r") ? line.slice(0, -1) : line, this.#count);
  }
}
