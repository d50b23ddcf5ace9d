// Values that JSON has no notation for (keywords, sets, large integers, ...) inside of JSON: an object
// whose one key is "$edn" and holds them as EDN. So a history read from EDN can be written as JSON lines and
// read back with equal values.
import { EdnAtom, EdnTagged } from "../value/edn-value.js";
import type { EdnValue } from "../value/edn-value.js";
import { textOf } from "../value/text.js";
import { formatEdn } from "./edn-format.js";
import { parseEdn } from "./edn.js";

const EDN_KEY = "$edn";

/** Thrown when a "$edn" does not hold a form of EDN. */
export class JsonValueError extends Error {
  override readonly name = "JsonValueError";
}

function isBeyondJson(value: unknown): boolean {
  if (typeof value === "number") return !Number.isFinite(value);
  if (typeof value !== "object" || value === null) return typeof value === "bigint";
  if (value instanceof EdnAtom || value instanceof EdnTagged) return true;
  return value instanceof Set || value instanceof Map;
}

function holdsBeyondJson(value: unknown): boolean {
  if (isBeyondJson(value)) return true;
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some(holdsBeyondJson);
}

function toJson(_key: string, value: unknown): unknown {
  return isBeyondJson(value) ? { [EDN_KEY]: formatEdn(value as EdnValue) } : value;
}

function fromJson(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || !(EDN_KEY in value)) return value;
  const text = value[EDN_KEY];
  if (typeof text !== "string" || Object.keys(value).length !== 1) return value;
  const [form, second] = formsOf(text);
  if (form === undefined || second !== undefined) {
    throw new JsonValueError(`"${EDN_KEY}" must hold one form of EDN; found ${textOf(text)}`);
  }
  return form;
}

function formsOf(text: string): EdnValue[] {
  try {
    return parseEdn(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new JsonValueError(`"${EDN_KEY}" must hold EDN: ${why}`);
  }
}

/** JSON text of any value of a history. */
export function formatJson(value: unknown): string {
  // The replacer costs much, and hardly any history needs it.
  return holdsBeyondJson(value) ? JSON.stringify(value, toJson) : JSON.stringify(value);
}

/** The value of JSON text that `formatJson` may have written. */
export function parseJson(text: string): unknown {
  return text.includes(`"${EDN_KEY}"`) ? JSON.parse(text, fromJson) : JSON.parse(text);
}
