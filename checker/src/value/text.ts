// Any value of a history as text that is equal exactly for equal values: what models compare, what keys
// and states are told apart by, and what people read. Plain data looks like JSON.
//
// V1. Sets and maps are equal whatever the order of their members.
// V2. An integer is equal to the same integer however it was written (1, 1N, a bigint), and to no
//     float (1.0), decimal (1M) or text ("1"). JSON has one kind of number: 1 and 1.0 are the same there.
// V3. A keyword, a symbol, a character and a string are never equal. NaN is equal to itself: a register
//     that holds it must be able to answer it.
import { EdnAtom, EdnKeyword, EdnSymbol, EdnTagged } from "./edn-value.js";

function numberText(value: number): string {
  if (Number.isSafeInteger(value)) return String(value);
  if (Number.isInteger(value)) return String(BigInt(value));
  if (Number.isNaN(value)) return "##NaN";
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? "##Inf" : "##-Inf";
}

/** Members in an order that does not depend on how they were written. */
function sorted(texts: string[]): string[] {
  return texts.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

function objectText(entries: readonly (readonly [string, unknown])[]): string {
  // As in JSON, what is no data does not count.
  const known = entries.filter(([, value]) => value !== undefined && typeof value !== "function");
  const texts = known.map(([key, value]) => `${JSON.stringify(key)}:${textOf(value)}`);
  return `{${sorted(texts).join(",")}}`;
}

function mapText(map: ReadonlyMap<unknown, unknown>): string {
  const entries = [...map];
  const named = entries.flatMap(([key, value]): [string, unknown][] =>
    key instanceof EdnKeyword ? [[key.name, value]] : [],
  );
  // An object is a map of keywords, so it must have the same text.
  if (named.length === entries.length) return objectText(named);
  return `{${sorted(entries.map(([key, value]) => `${textOf(key)} ${textOf(value)}`)).join(", ")}}`;
}

/** An object that says itself what it is in JSON, like a Date. */
function hasJson(value: object): value is { toJSON(): unknown } {
  return "toJSON" in value && typeof value.toJSON === "function";
}

function compoundText(value: object): string {
  if (Array.isArray(value)) {
    return `[${value.map((item: unknown) => (item === undefined ? "null" : textOf(item))).join(",")}]`;
  }
  if (value instanceof EdnSymbol) return `'${value.text}`;
  if (value instanceof EdnAtom) return value.text;
  if (value instanceof EdnTagged) return `#${value.tag} ${textOf(value.value)}`;
  if (value instanceof Set) return `#{${sorted([...value].map(textOf)).join(" ")}}`;
  if (value instanceof Map) return mapText(value);
  if (hasJson(value)) return textOf(value.toJSON());
  return objectText(Object.entries(value));
}

/** Text that is equal exactly for equal values. Without a value: "unknown". */
export function textOf(value: unknown): string {
  if (value === undefined) return "unknown";
  if (value === null) return "null";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return numberText(value);
  if (typeof value === "object") return compoundText(value);
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  throw new TypeError(`a ${typeof value} is no value of a history`);
}

/** The first character of the text of anything but a string, a word, or nothing at all. */
const LIKE_ANOTHER_VALUE = /^(?:["[{(#:'\\\d-]|(?:null|true|false|unknown)?$)/;

/** As `textOf`, but a string stands without quotes where nothing else can have that text: for names. */
export function nameOf(value: unknown): string {
  if (typeof value !== "string" || LIKE_ANOTHER_VALUE.test(value)) return textOf(value);
  return value;
}
