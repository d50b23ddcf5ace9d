// Writes EDN, one way for equal values, and the values that JSON has no notation for into JSON.
import type { EdnValue } from "../value/edn-value.js";
import { EdnAtom, EdnTagged } from "../value/edn-value.js";
import { isKeywordName } from "./edn-name.js";

function numberText(value: number): string {
  if (Number.isNaN(value)) return "##NaN";
  if (!Number.isFinite(value)) return value > 0 ? "##Inf" : "##-Inf";
  return Number.isInteger(value) ? String(BigInt(value)) : String(value);
}

function sorted(texts: string[]): string[] {
  return texts.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Names of an object are keywords where they can be. */
function keyText(key: string): string {
  return isKeywordName(key) ? `:${key}` : JSON.stringify(key);
}

function entryTexts(value: object): string[] {
  if (!(value instanceof Map)) {
    const entries = Object.entries(value as Readonly<Record<string, EdnValue>>);
    return entries.map(([key, inner]) => `${keyText(key)} ${formatEdn(inner)}`);
  }
  const entries = [...(value as ReadonlyMap<EdnValue, EdnValue>)];
  return entries.map(([key, inner]) => `${formatEdn(key)} ${formatEdn(inner)}`);
}

function compoundText(value: Exclude<EdnValue, string | number | bigint | boolean | null>): string {
  if (value instanceof EdnAtom) return value.text;
  if (value instanceof EdnTagged) return `#${value.tag} ${formatEdn(value.value)}`;
  if (Array.isArray(value)) {
    return `[${(value as readonly EdnValue[]).map(formatEdn).join(" ")}]`;
  }
  if (value instanceof Set) {
    return `#{${sorted([...(value as ReadonlySet<EdnValue>)].map(formatEdn)).join(" ")}}`;
  }
  return `{${sorted(entryTexts(value)).join(", ")}}`;
}

/** The value as EDN: `parseEdn` reads an equal one back. Lists are written as vectors. */
export function formatEdn(value: EdnValue): string {
  if (value === null) return "nil";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return numberText(value);
  return typeof value === "object" ? compoundText(value) : String(value);
}
