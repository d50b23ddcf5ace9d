// What Jepsen's two formats have in common: an operation map, and completions paired with invokes by
// process, since a Jepsen process has one operation at a time.
//
// J1. A process that is an integer is a client. One that is a keyword is not (:nemesis): its operations
//     become events.
// J2. Times are nanoseconds since the test began; -1 and nil stand for none. Without any, the number of
//     the line is the time; where only some have one, the others take the one before.
// J3. A completion before its invoke is refused by the nanoseconds that were written, before they are rounded.
import type { EdnValue } from "../value/edn-value.js";
import { EdnFloat, EdnKeyword, EdnSymbol, EdnTagged } from "../value/edn-value.js";
import { textOf } from "../value/text.js";
import { HistoryError } from "./history-error.js";
import type { HistoryLine, OperationLineType } from "./line.js";

const TYPES: readonly string[] = ["invoke", "ok", "fail", "info"];
const NANOSECONDS_PER_MICROSECOND = 1000;

interface JepsenOperation {
  readonly process: number | EdnKeyword;
  readonly type: string;
  readonly f: string;
  /** As it was written, exact. */
  readonly timeNs?: number | bigint | undefined;
  readonly value: unknown;
}

interface Open {
  readonly id: number;
  readonly f: string;
  readonly timeNs: number | bigint | undefined;
  readonly line: number;
}

interface Asked {
  readonly process: number;
  readonly f: string;
  readonly timeNs: number | bigint | undefined;
}

type Untimed = HistoryLine & { readonly line: number };

/** Gives ids to operations by process and keeps the lines. */
export class JepsenHistory {
  readonly #lines: Untimed[] = [];
  readonly #timesUs: (number | undefined)[] = [];
  readonly #open = new Map<number, Open>();
  #nextId = 0;

  add(operation: JepsenOperation, number: number): void {
    const { process, type, f, timeNs, value } = operation;
    if (!TYPES.includes(type)) {
      const want = TYPES.map((one) => `:${one}`).join(", ");
      const reason = `:type must be one of ${want}; found ${type}`;
      throw new HistoryError("HISTORY_FIELD", number, reason);
    }
    this.#timesUs.push(timeNs === undefined ? undefined : toUs(timeNs));
    if (typeof process !== "number") {
      this.#lines.push({ type: "event", f, process: process.name, value, line: number });
      return;
    }
    const asked = { process, f, timeNs };
    const id = type === "invoke" ? this.#invoke(asked, number) : this.#end(asked, number);
    const kind = type as OperationLineType;
    this.#lines.push({ id, process, type: kind, f, time: 0, value, line: number });
  }

  finish(): HistoryLine[] {
    let lastUs = this.#timesUs.find((time) => time !== undefined);
    return this.#lines.map((line, at) => {
      const time = this.#timesUs[at] ?? lastUs ?? line.line;
      if (lastUs !== undefined) lastUs = time;
      return { ...line, time };
    });
  }

  #invoke({ process, f, timeNs }: Asked, number: number): number {
    const open = this.#open.get(process);
    if (open !== undefined) {
      const reason = `process ${process} invokes ${f} while its ${open.f} has not completed`;
      throw new HistoryError("HISTORY_PAIR", number, reason);
    }
    const id = this.#nextId;
    this.#nextId += 1;
    this.#open.set(process, { id, f, timeNs, line: number });
    return id;
  }

  #end({ process, f, timeNs }: Asked, number: number): number {
    const open = this.#open.get(process);
    if (open?.f !== f) {
      const why = open === undefined ? "has invoked nothing" : `has invoked ${open.f}`;
      const reason = `process ${process} completes ${f} but ${why}`;
      throw new HistoryError("HISTORY_PAIR", number, reason);
    }
    if (timeNs !== undefined && open.timeNs !== undefined && timeNs < open.timeNs) {
      const asked = `its invoke's :time ${open.timeNs} (line ${open.line})`;
      const reason = `process ${process} completes ${f} at :time ${timeNs}, before ${asked}; take both from one clock`;
      throw new HistoryError("HISTORY_FIELD", number, reason);
    }
    this.#open.delete(process);
    return open.id;
  }
}

type Fields = ReadonlyMap<string, EdnValue>;

/** The entries of an operation map whose keys are keywords, undefined for anything else. */
function fieldsOf(form: EdnValue): Fields | undefined {
  // Jepsen writes its operations as #jepsen.history.Op{...}: the tag says nothing more.
  const map = form instanceof EdnTagged ? form.value : form;
  if (map instanceof Map) {
    const entries = [...(map as ReadonlyMap<EdnValue, EdnValue>)];
    return new Map(
      entries.flatMap(([key, value]) => (key instanceof EdnKeyword ? [[key.name, value]] : [])),
    );
  }
  if (typeof map !== "object" || map === null || Object.getPrototypeOf(map) !== Object.prototype) {
    return undefined;
  }
  return new Map(Object.entries(map));
}

function required(fields: Fields, name: string, number: number): EdnValue {
  const value = fields.get(name);
  if (value === undefined || value === null) {
    throw new HistoryError("HISTORY_FIELD", number, `the operation has no :${name}`);
  }
  return value;
}

function nameIn(fields: Fields, name: string, number: number): string {
  const value = required(fields, name, number);
  if (value instanceof EdnKeyword || value instanceof EdnSymbol) return value.name;
  if (typeof value === "string") return value;
  const reason = `:${name} must be a keyword; found ${textOf(value)}`;
  throw new HistoryError("HISTORY_FIELD", number, reason);
}

function processIn(fields: Fields, number: number): number | EdnKeyword {
  const value = required(fields, "process", number);
  if (value instanceof EdnKeyword) return value;
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw new HistoryError(
    "HISTORY_FIELD",
    number,
    `:process must be an integer for a client, or a keyword like :nemesis; found ${textOf(value)}`,
  );
}

function timeNsIn(fields: Fields, number: number): number | bigint | undefined {
  const value = fields.get("time") ?? null;
  if (value === null || value === -1) return undefined;
  const ns = value instanceof EdnFloat ? value.value : value;
  if (typeof ns === "bigint" && ns >= 0n) return ns;
  if (typeof ns === "number" && Number.isFinite(ns) && ns >= 0) return ns;
  throw new HistoryError(
    "HISTORY_FIELD",
    number,
    `:time must be the nanoseconds since the test began, 0 or more; found ${textOf(value)}`,
  );
}

function toUs(ns: number | bigint): number {
  return Math.round(Number(ns) / NANOSECONDS_PER_MICROSECOND);
}

/** Reads an operation map. */
export function toOperation(form: EdnValue, number: number): JepsenOperation {
  const fields = fieldsOf(form);
  if (fields === undefined) {
    const reason = "expected an operation map like {:process 0 …}";
    throw new HistoryError("HISTORY_SYNTAX", number, reason);
  }
  const type = nameIn(fields, "type", number);
  const value = fields.get("value") ?? null;
  const error = fields.get("error");
  const key = fields.get("key");
  return {
    process: processIn(fields, number),
    type,
    f: nameIn(fields, "f", number),
    timeNs: timeNsIn(fields, number),
    value:
      type === "fail" && error !== undefined
        ? { error }
        : key === undefined
          ? value
          : { key, value },
  };
}
