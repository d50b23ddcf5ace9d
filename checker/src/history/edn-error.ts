// Why a text was not read as EDN, and where.

/** A place in a text, both counted from 1. */
export interface EdnPlace {
  readonly line: number;
  readonly column: number;
}

abstract class EdnError extends Error {
  readonly line: number;
  readonly column: number;
  readonly reason: string;

  constructor(reason: string, { line, column }: EdnPlace) {
    super(`line ${line}, column ${column}: ${reason}`);
    this.line = line;
    this.column = column;
    this.reason = reason;
  }
}

/** Thrown when the text ends inside a form: more lines may complete it. */
export class EdnIncomplete extends EdnError {
  override readonly name = "EdnIncomplete";
}

/** Thrown when the text is not EDN. */
export class EdnSyntaxError extends EdnError {
  override readonly name = "EdnSyntaxError";
}

/** Lines and columns of places in a text; cheap when the places are asked for in order. */
export class Places {
  readonly #text: string;
  #line = 1;
  #lineStart = 0;
  /** Where the current line ends. */
  #lineEnd: number;

  constructor(text: string) {
    this.#text = text;
    this.#lineEnd = this.#endFrom(0);
  }

  of(at: number): EdnPlace {
    if (at < this.#lineStart) {
      this.#line = 1;
      this.#lineStart = 0;
      this.#lineEnd = this.#endFrom(0);
    }
    while (at > this.#lineEnd) {
      this.#line += 1;
      this.#lineStart = this.#lineEnd + 1;
      this.#lineEnd = this.#endFrom(this.#lineStart);
    }
    return { line: this.#line, column: at - this.#lineStart + 1 };
  }

  #endFrom(at: number): number {
    const end = this.#text.indexOf("\n", at);
    return end < 0 ? this.#text.length : end;
  }
}
