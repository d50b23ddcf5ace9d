// Reads typed fields out of a recorded `value`. A history is outside data: a missing or wrong field
// is refused with its line number, so a broken recorder is never taken for a broken queue.
import { textOf } from "../value/text.js";
import { HistoryError } from "../history/history-error.js";

const INT64 = /^-?\d{1,19}$/;

export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #line: number;
  readonly #where: string;

  /** `line` is for error messages, and so is `where`, for example "pop ok". */
  constructor(value: unknown, line: number, where: string) {
    this.#line = line;
    this.#where = where;
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw this.#error("value must be an object");
    }
    this.#values = value as Readonly<Record<string, unknown>>;
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined && this.#values[name] !== null;
  }

  text(name: string): string {
    const value = this.#values[name];
    if (typeof value !== "string") throw this.#wrong(name, "a string");
    return value;
  }

  /** A safe integer, also when it was written as decimal text. */
  integer(name: string): number {
    const value = this.#values[name];
    const parsed = typeof value === "string" && INT64.test(value) ? Number(value) : value;
    if (typeof parsed !== "number" || !Number.isSafeInteger(parsed)) {
      throw this.#wrong(name, "an integer");
    }
    return parsed;
  }

  int64(name: string): bigint {
    const value = this.#values[name];
    if (typeof value === "string" && INT64.test(value)) return BigInt(value);
    if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
    if (typeof value === "bigint" && INT64.test(String(value))) return value;
    throw this.#wrong(name, "a decimal string");
  }

  boolean(name: string): boolean {
    const value = this.#values[name];
    if (typeof value !== "boolean") throw this.#wrong(name, "true or false");
    return value;
  }

  optionalText(name: string): string | undefined {
    return this.has(name) ? this.text(name) : undefined;
  }

  optionalInteger(name: string): number | undefined {
    return this.has(name) ? this.integer(name) : undefined;
  }

  oneOf<T extends string>(name: string, choices: readonly T[]): T {
    const value = this.#values[name];
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw this.#wrong(name, choices.join(" | "));
    return found;
  }

  #wrong(name: string, want: string): HistoryError {
    const value = this.#values[name];
    const got = value === undefined ? "it is missing" : `found ${textOf(value)}`;
    return this.#error(`"${name}" must be ${want}; ${got}`);
  }

  #error(reason: string): HistoryError {
    return new HistoryError("HISTORY_VALUE", this.#line, `${this.#where}: ${reason}`);
  }
}
