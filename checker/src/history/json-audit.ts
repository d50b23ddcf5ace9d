// Finds what JSON's own parser passes over in silence: a key that stands twice in an object, of which it
// keeps the last, and an integer whose last digits it loses. Either could make different values equal.

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}:]|-?\d[\w.+-]*/g;

/**
 * A number that may not fit, with many digits or an exponent, or a blank between a key and its colon,
 * which would spoil the count of keys. Strings may look so too.
 */
const SUSPICIOUS = /"\s+:|[[:,]\s*-?(?:\d{16}|[\d.]+[eE])/;

function keysIn(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  let count = 0;
  const own = Array.isArray(value) ? 0 : 1;
  for (const item of Object.values(value)) {
    count += own;
    if (typeof item === "object") count += keysIn(item);
  }
  return count;
}

function occurrences(part: string, text: string): number {
  let count = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) count += 1;
  return count;
}

/** A quick look that lets nothing bad pass: false when JSON.parse has kept all there is in the line. */
export function maybeFaulty(line: string, parsed: unknown): boolean {
  return SUSPICIOUS.test(line) || occurrences('":', line) !== keysIn(parsed);
}

function numberFault(token: string): string | undefined {
  const value = Number(token);
  const isWhole = /^-?\d+$/.test(token);
  // What JSON would write itself stands for one number only.
  const isKept = !isWhole || Number.isSafeInteger(value) || String(value) === token;
  if (isKept && Number.isFinite(value)) return undefined;
  return `${token} does not fit a number of JSON without loss; write it as a string, "${token}"`;
}

/** Fields in which a lost digit could change a verdict. */
const JUDGED: ReadonlySet<string> = new Set(["id", "process", "value"]);

/** What is wrong with a line that JSON.parse took, undefined when nothing is. */
export function jsonFault(line: string): string | undefined {
  const open: Set<string>[] = [];
  let last = "";
  let field = "";
  for (const [token] of line.matchAll(TOKEN)) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    else if (token === ":") {
      const key = JSON.parse(last) as string;
      const keys = open.at(-1);
      if (keys?.has(key) === true) return `the key ${last} stands twice in one object`;
      keys?.add(key);
      if (open.length === 1) field = key;
    } else if (token.startsWith('"')) last = token;
    else if (JUDGED.has(field)) {
      const fault = numberFault(token);
      if (fault !== undefined) return fault;
    }
  }
  return undefined;
}
