// Reads a Jepsen history in EDN: operation maps one after the other, or one vector or list of them.
import { EdnBalance } from "./edn-balance.js";
import { EdnIncomplete, EdnSyntaxError } from "./edn-error.js";
import type { Item } from "./edn-reader.js";
import { EdnReader } from "./edn-reader.js";
import { HistoryError } from "./history-error.js";
import { JepsenHistory, toOperation } from "./jepsen.js";
import type { HistoryLine } from "./line.js";
import { LineSplitter } from "./line-splitter.js";

/** What encloses the whole history: nothing, or a bracket that waits for its closer, or had it. */
interface Enclosure {
  readonly closer: "]" | ")";
  readonly from: number;
  isClosed: boolean;
}

export class JepsenEdnReader {
  readonly #history = new JepsenHistory();
  /** Lines of forms that are not whole yet, and the number of the first. */
  #held: string[] = [];
  #from = 0;
  #balance = new EdnBalance();
  #hasBegun = false;
  #enclosure: Enclosure | undefined;
  // A carriage return is a blank, except inside of a string.
  readonly #splitter = new LineSplitter(
    (line, number) => {
      this.#line(line, number);
    },
    { keepReturns: true },
  );

  push(chunk: string): void {
    this.#splitter.push(chunk);
  }

  finish(): HistoryLine[] {
    this.#splitter.end();
    if (this.#held.length > 0) this.#read(true);
    if (this.#enclosure?.isClosed === false) {
      const { closer, from } = this.#enclosure;
      const what = closer === "]" ? "vector" : "list";
      const reason = `the ${what} that starts here never ends; is the file complete?`;
      throw new HistoryError("HISTORY_SYNTAX", from, reason);
    }
    return this.#history.finish();
  }

  #line(line: string, number: number): void {
    if (this.#held.length === 0) this.#from = number;
    const text = this.#hasBegun ? line : this.#begin(line, number);
    this.#held.push(text);
    this.#balance.add(text);
    if (!this.#balance.isOpen) this.#read(false);
  }

  /** Takes the bracket that encloses the history away, if one comes first. */
  #begin(line: string, number: number): string {
    const first = /[^\s,]/.exec(line);
    if (first === null || first[0] === ";") return line;
    this.#hasBegun = true;
    if (first[0] !== "[" && first[0] !== "(") return line;
    this.#enclosure = { closer: first[0] === "[" ? "]" : ")", from: number, isClosed: false };
    // A blank in its place keeps the columns right.
    return line.replace(first[0], " ");
  }

  /** Reads what is held. What is not whole waits for more lines, unless there are none. */
  #read(isEnd: boolean): void {
    const reader = new EdnReader(this.#held.join("\n"));
    const forms: Item[] = [];
    try {
      while (!reader.atEnd()) {
        if (this.#ends(reader)) break;
        forms.push(reader.item());
      }
    } catch (error) {
      if (error instanceof EdnIncomplete && !isEnd) return;
      throw this.#refusal(error);
    }
    const from = this.#from;
    this.#held = [];
    this.#balance = new EdnBalance();
    for (const { value, at } of forms) {
      const number = from + reader.placeOf(at).line - 1;
      this.#history.add(toOperation(value, number), number);
    }
  }

  /** Whether the enclosing bracket is closed here; then nothing may follow. */
  #ends(reader: EdnReader): boolean {
    const enclosure = this.#enclosure;
    if (enclosure === undefined) return false;
    const what = enclosure.closer === "]" ? "vector" : "list";
    if (!enclosure.isClosed) {
      if (!reader.take(enclosure.closer)) return false;
      enclosure.isClosed = true;
      if (reader.atEnd()) return true;
    }
    throw reader.refusal(`there is more after the ${what}'s end`);
  }

  #refusal(error: unknown): unknown {
    if (error instanceof EdnIncomplete) {
      const reason = `${error.reason}: the form that starts here never ends`;
      return this.#at(error, reason);
    }
    return error instanceof EdnSyntaxError ? this.#at(error, error.reason) : error;
  }

  #at({ line, column }: EdnIncomplete | EdnSyntaxError, reason: string): HistoryError {
    return new HistoryError("HISTORY_SYNTAX", this.#from + line - 1, reason, column);
  }
}
