// Readers for the two ways Jepsen histories come: EDN, one operation map after the other, and text
// logs. Both pair completions with invokes by process, since a Jepsen process has one operation at a
// time; operations of the nemesis become events.
import type { EdnValue } from "./edn.js";
import { EdnIncomplete, parseEdn, parseVectorPart } from "./edn.js";
import { HistoryError } from "./history-error.js";
import type { HistoryLine, OperationLineType } from "./line.js";
import { LineSplitter } from "./line-splitter.js";

const TYPES: readonly string[] = ["invoke", "ok", "fail", "info"];
/** An operation map that spans more lines than this is taken for an unclosed bracket. */
const FORM_LINES_MAX = 200;

interface JepsenOperation {
  readonly process: number | string;
  readonly type: string;
  readonly f: string;
  readonly time: number;
  readonly value: unknown;
}

/** Gives ids to operations by process and keeps the lines. */
class JepsenHistory {
  readonly lines: HistoryLine[] = [];
  readonly #open = new Map<number | string, { id: number; f: string }>();
  #nextId = 0;

  add(operation: JepsenOperation, number: number): void {
    const { process, type, f, time, value } = operation;
    if (!TYPES.includes(type)) {
      const want = TYPES.map((one) => `:${one}`).join(", ");
      throw new HistoryError(
        "HISTORY_FIELD",
        number,
        `:type must be one of ${want}; found ${type}`,
      );
    }
    if (typeof process === "string") {
      this.lines.push({ type: "event", f, time, process, value, line: number });
      return;
    }
    const open = this.#open.get(process);
    if (type === "invoke") {
      if (open !== undefined) {
        throw new HistoryError(
          "HISTORY_PAIR",
          number,
          `process ${process} invokes ${f} while its ${open.f} has not completed`,
        );
      }
      this.#open.set(process, { id: this.#nextId, f });
      this.#push(operation, this.#nextId, number);
      this.#nextId += 1;
      return;
    }
    if (open?.f !== f) {
      const why = open === undefined ? "has invoked nothing" : `has invoked ${open.f}`;
      throw new HistoryError(
        "HISTORY_PAIR",
        number,
        `process ${process} completes ${f} but ${why}`,
      );
    }
    this.#open.delete(process);
    this.#push(operation, open.id, number);
  }

  #push({ process, type, f, time, value }: JepsenOperation, id: number, line: number): void {
    this.lines.push({ id, process, type: type as OperationLineType, f, time, value, line });
  }
}

function field(form: Readonly<Record<string, EdnValue>>, name: string, number: number): EdnValue {
  const value = form[name];
  if (value === undefined || value === null) {
    throw new HistoryError("HISTORY_FIELD", number, `the operation has no :${name}`);
  }
  return value;
}

function name(value: EdnValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function toOperation(form: EdnValue, number: number): JepsenOperation {
  if (typeof form !== "object" || form === null || Array.isArray(form)) {
    throw new HistoryError(
      "HISTORY_SYNTAX",
      number,
      "expected an operation map like {:process 0 …}",
    );
  }
  const map = form as Readonly<Record<string, EdnValue>>;
  const process = field(map, "process", number);
  const type = name(field(map, "type", number));
  const value = map.value ?? null;
  const failed = type === "fail" && map.error !== undefined;
  const keyed = map.key === undefined ? value : { key: map.key, value };
  return {
    process: typeof process === "number" ? process : name(process),
    type,
    f: name(field(map, "f", number)),
    // Jepsen's times are nanoseconds.
    time: typeof map.time === "number" ? Math.round(map.time / 1000) : number,
    value: failed ? { error: map.error } : keyed,
  };
}

/** Reads an EDN history: maps one after the other, or one vector of maps. */
export class JepsenEdnReader {
  readonly #history = new JepsenHistory();
  #text = "";
  #from = 0;
  #lines = 0;
  #vector: "none" | "open" | "closed" = "none";
  #vectorFrom = 0;
  readonly #splitter = new LineSplitter((line, number) => {
    this.#line(line, number);
  });

  push(chunk: string): void {
    this.#splitter.push(chunk);
  }

  finish(): HistoryLine[] {
    this.#splitter.end();
    if (this.#text.trim() !== "") {
      throw new HistoryError("HISTORY_SYNTAX", this.#from, "the form that starts here never ends");
    }
    if (this.#vector === "open") {
      const reason = "the vector that starts here never ends; is the file complete?";
      throw new HistoryError("HISTORY_SYNTAX", this.#vectorFrom, reason);
    }
    return this.#history.lines;
  }

  #line(line: string, number: number): void {
    let text = line;
    if (this.#text === "") {
      this.#from = number;
      this.#lines = 0;
      if (this.#vector === "none" && text.trimStart().startsWith("[")) {
        this.#vector = "open";
        this.#vectorFrom = number;
        text = text.trimStart().slice(1);
      }
    }
    this.#text += `${text}\n`;
    this.#lines += 1;
    const forms = this.#parse();
    if (forms === undefined) return;
    this.#text = "";
    for (const form of forms) this.#history.add(toOperation(form, this.#from), this.#from);
  }

  /** The forms of the held text, undefined while the last one is incomplete. */
  #parse(): EdnValue[] | undefined {
    try {
      if (this.#vector !== "open") return parseEdn(this.#text);
      const { forms, closed } = parseVectorPart(this.#text);
      if (closed) this.#vector = "closed";
      return forms;
    } catch (error) {
      if (error instanceof EdnIncomplete && this.#lines < FORM_LINES_MAX) return undefined;
      const why = error instanceof Error ? error.message : String(error);
      throw new HistoryError("HISTORY_SYNTAX", this.#from, why);
    }
  }
}

/** `… jepsen.util - 0 :invoke :cas [0 2]`, with any prefix and any blanks. */
const LOG_LINE = /jepsen[\w.]*\s*[-:]\s*(\d+|:\w+)\s+:(\w+)\s+:([\w-]+)(?:\s+(.*))?$/;

/** Reads a Jepsen text log: lines that are not operations are skipped. */
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
    return this.#history.lines;
  }

  #line(line: string, number: number): void {
    const match = LOG_LINE.exec(line.trimEnd());
    if (match === null) return;
    const [, process = "", type = "", f = "", rest = ""] = match;
    let forms: EdnValue[];
    try {
      forms = parseEdn(rest);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new HistoryError("HISTORY_SYNTAX", number, `the operation's value: ${why}`);
    }
    const [value = null, error] = forms;
    const reason = error ?? (value === "timed-out" ? value : undefined);
    const failed = type === "fail" && reason !== undefined;
    this.#history.add(
      {
        process: process.startsWith(":") ? process.slice(1) : Number(process),
        type,
        f,
        time: number,
        value: failed ? { error: reason } : value,
      },
      number,
    );
  }
}
