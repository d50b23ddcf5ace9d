// A reader for EDN, the notation Jepsen writes histories in. Keywords become text without the colon,
// maps become objects, vectors, lists and sets become arrays; a tag is dropped and its value kept.
// Integers too large for a number stay text, so no digit is lost.

/** Thrown when the text ends inside a form: more lines may complete it. */
export class EdnIncomplete extends Error {
  override readonly name = "EdnIncomplete";
}

/** Thrown when the text is not EDN. */
export class EdnSyntaxError extends Error {
  override readonly name = "EdnSyntaxError";
}

export type EdnValue =
  null | boolean | number | string | readonly EdnValue[] | { readonly [key: string]: EdnValue };

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };
const CLOSERS: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };
const DEPTH_MAX = 200;
// Sticky: they match where the reader stands, whatever the length of the text.
const BLANK = /(?:[\s,]+|;[^\n]*)*/y;
const PLAIN = /[^"\\]*/y;
const TOKEN = /[^\s,;"()[\]{}]+/y;

class Reader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  atEnd(): boolean {
    this.#skipBlank();
    return this.#at >= this.#text.length;
  }

  /** Skips one character if it is next. */
  take(char: string): boolean {
    this.#skipBlank();
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }

  value(): EdnValue {
    this.#skipBlank();
    const char = this.#text[this.#at];
    if (char === undefined) throw new EdnIncomplete("the text ends inside a form");
    if (char === '"') return this.#string();
    if (char === "#") return this.#dispatch();
    if (char === "\\") return this.#character();
    const closer = CLOSERS[char];
    if (closer !== undefined) {
      this.#at += 1;
      const items = this.#items(closer);
      return char === "{" ? this.#map(items) : items;
    }
    return this.#atom();
  }

  #skipBlank(): void {
    BLANK.lastIndex = this.#at;
    this.#at += BLANK.exec(this.#text)?.[0].length ?? 0;
  }

  #items(closer: string): EdnValue[] {
    this.#depth += 1;
    if (this.#depth > DEPTH_MAX) throw new EdnSyntaxError(`nested deeper than ${DEPTH_MAX}`);
    const items: EdnValue[] = [];
    while (!this.take(closer)) {
      if (this.atEnd()) throw new EdnIncomplete(`no "${closer}" before the text ends`);
      items.push(this.value());
    }
    this.#depth -= 1;
    return items;
  }

  #map(items: EdnValue[]): EdnValue {
    if (items.length % 2 !== 0) throw new EdnSyntaxError("a map needs a value for every key");
    const pairs: [string, EdnValue][] = [];
    for (let at = 0; at + 1 < items.length; at += 2) {
      const key = items[at];
      const name = typeof key === "string" ? key : JSON.stringify(key);
      pairs.push([name, items[at + 1] ?? null]);
    }
    return Object.fromEntries(pairs);
  }

  #string(): string {
    const text = this.#text;
    let out = "";
    for (let at = this.#at + 1; at < text.length;) {
      PLAIN.lastIndex = at;
      const plain = PLAIN.exec(text)?.[0] ?? "";
      out += plain;
      at += plain.length;
      if (text[at] === '"') {
        this.#at = at + 1;
        return out;
      }
      const escaped = text[at + 1];
      if (escaped === undefined) break;
      const code = text.slice(at + 2, at + 6);
      if (escaped !== "u") out += ESCAPES[escaped] ?? escaped;
      else if (/^[0-9a-fA-F]{4}$/.test(code)) out += String.fromCharCode(parseInt(code, 16));
      else throw new EdnSyntaxError(`"\\u${code}" is not a character: four hex digits must follow`);
      at += escaped === "u" ? 6 : 2;
    }
    throw new EdnIncomplete("the text ends inside a string");
  }

  #dispatch(): EdnValue {
    this.#at += 1;
    if (this.#text[this.#at] === "{") {
      this.#at += 1;
      return this.#items("}");
    }
    if (this.#text[this.#at] === "_") {
      this.#at += 1;
      this.value();
      return this.value();
    }
    this.#token();
    return this.value();
  }

  #character(): string {
    this.#at += 1;
    const named = this.#token();
    const names: Readonly<Record<string, string>> = { newline: "\n", space: " ", tab: "\t" };
    return names[named] ?? named;
  }

  #token(): string {
    TOKEN.lastIndex = this.#at;
    const rest = TOKEN.exec(this.#text);
    if (rest === null) {
      const found = this.#text.slice(this.#at, this.#at + 12);
      throw new EdnSyntaxError(`"${found}" is not EDN`);
    }
    this.#at += rest[0].length;
    return rest[0];
  }

  #atom(): EdnValue {
    const token = this.#token();
    if (token === "nil") return null;
    if (token === "true") return true;
    if (token === "false") return false;
    if (token.startsWith(":")) return token.slice(1);
    if (/^[+-]?\d+N?$/.test(token)) {
      const digits = token.replace("N", "");
      const number = Number(digits);
      return Number.isSafeInteger(number) ? number : digits.replace("+", "");
    }
    if (/^[+-]?\d+(\.\d*)?([eE][+-]?\d+)?M?$/.test(token)) return Number(token.replace("M", ""));
    return token;
  }
}

/** Parses all forms in the text. Throws `EdnIncomplete` or `EdnSyntaxError`. */
export function parseEdn(text: string): EdnValue[] {
  const reader = new Reader(text);
  const forms: EdnValue[] = [];
  while (!reader.atEnd()) forms.push(reader.value());
  return forms;
}

/** The same for text from inside a vector: `closed` tells whether its "]" came, after which only blanks may. */
export function parseVectorPart(text: string): { forms: EdnValue[]; closed: boolean } {
  const reader = new Reader(text);
  const forms: EdnValue[] = [];
  while (!reader.atEnd()) {
    if (reader.take("]")) {
      if (!reader.atEnd()) throw new EdnSyntaxError("there is more after the vector's end");
      return { forms, closed: true };
    }
    forms.push(reader.value());
  }
  return { forms, closed: false };
}
