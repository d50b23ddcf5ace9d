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
    for (;;) {
      const char = this.#text[this.#at];
      if (char === ";") {
        const end = this.#text.indexOf("\n", this.#at);
        this.#at = end < 0 ? this.#text.length : end;
      } else if (char !== undefined && /[\s,]/.test(char)) {
        this.#at += 1;
      } else {
        return;
      }
    }
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
    let out = "";
    for (let at = this.#at + 1; at < this.#text.length; at += 1) {
      const char = this.#text[at];
      if (char === '"') {
        this.#at = at + 1;
        return out;
      }
      if (char === "\\") {
        at += 1;
        const escaped = this.#text[at] ?? "";
        if (escaped === "u") {
          out += String.fromCharCode(parseInt(this.#text.slice(at + 1, at + 5), 16));
          at += 4;
        } else {
          out += ESCAPES[escaped] ?? escaped;
        }
      } else {
        out += char;
      }
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
    const rest = /^[^\s,;"()[\]{}]+/.exec(this.#text.slice(this.#at, this.#at + 256));
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
