// Reads EDN form by form (https://github.com/edn-format/edn). What is read is right; what is not EDN is
// refused with its place and a sentence. Beyond the specification are read, because Clojure prints them:
// ##Inf ##-Inf ##NaN, maps with a shared namespace (#:a{:b 1}), ratios, hexadecimal integers, and the
// escapes \b and \f.
import type { EdnValue } from "../value/edn-value.js";
import { EdnCharacter, EdnKeyword, EdnSymbol, EdnTagged } from "../value/edn-value.js";
import { textOf } from "../value/text.js";
import type { EdnPlace } from "./edn-error.js";
import { EdnIncomplete, EdnSyntaxError, Places } from "./edn-error.js";
import { isKeywordName, isNamespace, isSymbolName, isTagName } from "./edn-name.js";
import { looksLikeNumber, NotANumber, numberOf } from "./edn-number.js";
import { instantText, uuidText } from "./edn-tag.js";

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ...([
    ["n", "\n"],
    ["t", "\t"],
    ["r", "\r"],
    ["b", "\b"],
    ["f", "\f"],
  ] as const),
  ...([
    ['"', '"'],
    ["\\", "\\"],
  ] as const),
]);
const CHARACTERS: ReadonlyMap<string, string> = new Map([
  ...([
    ["newline", "\n"],
    ["return", "\r"],
    ["space", " "],
    ["tab", "\t"],
  ] as const),
  ...([
    ["backspace", "\b"],
    ["formfeed", "\f"],
  ] as const),
]);
const WORDS: ReadonlyMap<string, EdnValue> = new Map<string, EdnValue>([
  ...([
    ["nil", null],
    ["true", true],
    ["false", false],
  ] as const),
]);
const SYMBOLIC: ReadonlyMap<string, number> = new Map([
  ...([
    ["Inf", Infinity],
    ["-Inf", -Infinity],
    ["NaN", NaN],
  ] as const),
]);
const CLOSERS: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };
const DEPTH_MAX = 200;
// Sticky: they match where the reader stands, whatever the length of the text.
const BLANK = /(?:[\s,]+|;[^\n]*)*/y;
const PLAIN = /[^"\\]*/y;
const TOKEN = /[^\s,;"()[\]{}\\]+/y;
const HEX4 = /^[\da-fA-F]{4}$/;
const SHOWN_CHARS = 24;

/** A form and where it begins. */
export interface Item {
  readonly at: number;
  readonly value: EdnValue;
}

export class EdnReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  /** Not 0 inside of a form that `#_` discards: its tags are not looked into. */
  #discarding = 0;
  readonly #places: Places;

  constructor(text: string) {
    this.#text = text;
    this.#places = new Places(text);
  }

  /** Skips what is no form: blanks, commas, comments and discarded forms. */
  atEnd(): boolean {
    this.#skip();
    return this.#at >= this.#text.length;
  }

  /** Skips one character if it is next. */
  take(char: string): boolean {
    this.#skip();
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }

  /** Why the reader may not go on here. */
  refusal(reason: string): EdnSyntaxError {
    this.#skip();
    return this.#refuse(reason, this.#at);
  }

  /** The next form. */
  item(): Item {
    this.#skip();
    return { at: this.#at, value: this.#value() };
  }

  /** Line and column of a place in the text. */
  placeOf(at: number): EdnPlace {
    return this.#places.of(at);
  }

  #refuse(reason: string, at: number): EdnSyntaxError {
    return new EdnSyntaxError(reason, this.#places.of(at));
  }

  #incomplete(reason: string, at: number): EdnIncomplete {
    return new EdnIncomplete(reason, this.#places.of(at));
  }

  #skip(): void {
    for (;;) {
      BLANK.lastIndex = this.#at;
      this.#at += BLANK.exec(this.#text)?.[0].length ?? 0;
      if (!this.#text.startsWith("#_", this.#at)) return;
      const from = this.#at;
      this.#at += 2;
      this.#discarding += 1;
      this.#deeper(from, () => this.#following(from, "#_"));
      this.#discarding -= 1;
    }
  }

  /** The form that a tag or `#_` stands before. */
  #following(from: number, what: string): EdnValue {
    this.#skip();
    const char = this.#text[this.#at];
    if (char === undefined) throw this.#incomplete(`the text ends after ${what}`, from);
    if (")]}".includes(char)) throw this.#refuse(`${what} must stand before a form`, from);
    return this.#value();
  }

  #deeper<T>(from: number, read: () => T): T {
    if (this.#depth >= DEPTH_MAX) throw this.#refuse(`nested deeper than ${DEPTH_MAX}`, from);
    this.#depth += 1;
    const result = read();
    this.#depth -= 1;
    return result;
  }

  #value(): EdnValue {
    this.#skip();
    const from = this.#at;
    return this.#deeper(from, () => this.#form(from));
  }

  #form(from: number): EdnValue {
    const char = this.#text[from];
    if (char === undefined) throw this.#incomplete("the text ends where a form must come", from);
    if (char === '"') return this.#string(from);
    if (char === "#") return this.#dispatch(from);
    if (char === "\\") return this.#character(from);
    const closer = CLOSERS[char];
    if (closer === undefined) return this.#atom(from);
    this.#at += 1;
    if (char === "{") return this.#map(from, "");
    return this.#items(from, closer).map(({ value }) => value);
  }

  #items(from: number, closer: string): Item[] {
    const items: Item[] = [];
    while (!this.take(closer)) {
      if (this.atEnd()) throw this.#incomplete(`no "${closer}" before the text ends`, from);
      items.push(this.item());
    }
    return items;
  }

  #set(from: number): EdnValue {
    const items = this.#items(from, "}");
    this.#requireDistinct(items, "the set holds");
    return new Set(items.map(({ value }) => value));
  }

  /** `what` is the beginning of the sentence that refuses an item. */
  #requireDistinct(items: readonly Item[], what: string): void {
    const seen = new Set<string>();
    for (const { value, at } of items) {
      const text = textOf(value);
      if (seen.has(text)) throw this.#refuse(`${what} ${text} twice`, at);
      seen.add(text);
    }
  }

  /** `space` is the namespace that the keys share, "" when there is none. */
  #map(from: number, space: string): EdnValue {
    const items = this.#items(from, "}");
    const last = items.at(-1);
    if (items.length % 2 !== 0 && last !== undefined) {
      throw this.#refuse("a map needs a value for every key; this is one too many", last.at);
    }
    const entries: [EdnValue, EdnValue][] = [];
    const keys: Item[] = [];
    for (let nth = 0; nth < items.length; nth += 2) {
      const [key, value] = [items[nth], items[nth + 1]];
      if (key === undefined || value === undefined) break;
      const name = qualified(key.value, space);
      keys.push({ at: key.at, value: name });
      entries.push([name, value.value]);
    }
    this.#requireDistinct(keys, "the map has the key");
    return mapOf(entries);
  }

  #string(from: number): string {
    const text = this.#text;
    let out = "";
    for (let at = from + 1; at < text.length;) {
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
      if (escaped === "u") {
        out += this.#codeUnit(text.slice(at + 2, at + 6), at);
        at += 6;
        continue;
      }
      const char = ESCAPES.get(escaped);
      if (char === undefined) throw this.#refuse(`"\\${escaped}" is not an escape of a string`, at);
      out += char;
      at += 2;
    }
    throw this.#incomplete("the string that begins here does not end", from);
  }

  #codeUnit(code: string, at: number): string {
    if (HEX4.test(code)) return String.fromCharCode(parseInt(code, 16));
    throw this.#refuse(`"\\u${code}" is not a character: four hex digits must follow`, at);
  }

  #dispatch(from: number): EdnValue {
    this.#at += 1;
    const next = this.#text[this.#at];
    if (next === undefined) throw this.#incomplete("the text ends after #", from);
    if (next === "{") {
      this.#at += 1;
      return this.#set(from);
    }
    if (next === "#") {
      this.#at += 1;
      return this.#symbolic(from);
    }
    if (next === ":") return this.#spacedMap(from);
    const tag = this.#token();
    if (!isTagName(tag)) {
      const found = this.#text.slice(from, from + SHOWN_CHARS);
      throw this.#refuse(`"${found}" is not EDN: after # comes {, _, # or a tag`, from);
    }
    return this.#tagged(from, tag, this.#following(from, `#${tag}`));
  }

  #symbolic(from: number): number {
    const name = this.#token();
    const value = SYMBOLIC.get(name);
    if (value === undefined) throw this.#refuse(`##${name} is not ##Inf, ##-Inf or ##NaN`, from);
    return value;
  }

  /** `#:space{...}`: keys without a namespace get this one. */
  #spacedMap(from: number): EdnValue {
    const space = this.#token().slice(1);
    if (!isNamespace(space)) {
      throw this.#refuse(`"#:${space}" does not name a namespace for a map`, from);
    }
    if (this.take("{")) return this.#map(from, space);
    if (this.atEnd()) throw this.#incomplete(`the text ends after #:${space}`, from);
    throw this.#refuse(`#:${space} must stand before a map`, from);
  }

  #tagged(from: number, tag: string, value: EdnValue): EdnValue {
    if (this.#discarding > 0) return null;
    if (tag !== "inst" && tag !== "uuid") return new EdnTagged(tag, value);
    const text = tag === "inst" ? instantText(value) : uuidText(value);
    if (text !== undefined) return new EdnTagged(tag, text);
    const want = tag === "inst" ? 'a moment like "2020-01-31T12:00:00Z"' : "the text of a UUID";
    throw this.#refuse(`#${tag} must stand before ${want}; found ${textOf(value)}`, from);
  }

  #character(from: number): EdnValue {
    this.#at += 1;
    const first = this.#text.codePointAt(this.#at);
    if (first === undefined) throw this.#incomplete("the text ends after a backslash", from);
    const char = String.fromCodePoint(first);
    if (/\s/.test(char)) throw this.#refuse("a backslash may not stand before a blank", from);
    this.#at += char.length;
    const rest = this.#token();
    if (rest === "") return new EdnCharacter(char);
    const name = char + rest;
    const named = CHARACTERS.get(name);
    if (named !== undefined) return new EdnCharacter(named);
    const code = /^u(.*)$/s.exec(name)?.[1];
    if (code === undefined) throw this.#refuse(`\\${name} is not a character`, from);
    const unit = this.#codeUnit(code, from);
    if (/[\ud800-\udfff]/.test(unit)) throw this.#refuse(`\\${name} is half a character`, from);
    return new EdnCharacter(unit);
  }

  /** The rest of a token, "" when a delimiter comes next. */
  #token(): string {
    TOKEN.lastIndex = this.#at;
    const token = TOKEN.exec(this.#text)?.[0] ?? "";
    this.#at += token.length;
    return token;
  }

  #atom(from: number): EdnValue {
    const token = this.#token();
    const word = WORDS.get(token);
    if (word !== undefined) return word;
    if (looksLikeNumber(token)) {
      const number = numberOf(token);
      if (number instanceof NotANumber) throw this.#refuse(number.reason, from);
      return number;
    }
    if (token.startsWith(":") && isKeywordName(token.slice(1))) {
      return new EdnKeyword(token.slice(1));
    }
    if (isSymbolName(token)) return new EdnSymbol(token);
    // No token at all: a delimiter that no form begins with.
    if (token === "") throw this.#refuse(`"${this.#text[from]}" closes nothing here`, from);
    throw this.#refuse(`"${token.slice(0, SHOWN_CHARS)}" is not EDN`, from);
  }
}

/** An object with the names of the keys when all are keywords, else a Map. */
function mapOf(entries: readonly (readonly [EdnValue, EdnValue])[]): EdnValue {
  const named: [string, EdnValue][] = [];
  for (const [key, value] of entries) {
    if (!(key instanceof EdnKeyword)) return new Map(entries);
    named.push([key.name, value]);
  }
  return Object.fromEntries(named);
}

/** A key of a map with a shared namespace. One in the namespace `_` has none. */
function qualified(key: EdnValue, space: string): EdnValue {
  if (space === "" || !(key instanceof EdnKeyword || key instanceof EdnSymbol)) return key;
  const bare = key.name.startsWith("_/") && key.name !== "_/" ? key.name.slice(2) : undefined;
  if (bare === undefined && key.name.includes("/")) return key;
  const name = bare ?? `${space}/${key.name}`;
  return key instanceof EdnKeyword ? new EdnKeyword(name) : new EdnSymbol(name);
}
