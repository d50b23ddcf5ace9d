// Finds what JSON's own parser passes over in silence: a key that stands twice in an object, of which it
// keeps the last, and an integer whose last digits it loses. Either could make different values equal.

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}:]|-?\d[\w.+-]*/g;

function numberFault(token: string): string | undefined {
  const value = Number(token);
  const isWhole = /^-?\d+$/.test(token);
  if (isWhole ? Number.isSafeInteger(value) : Number.isFinite(value)) return undefined;
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
