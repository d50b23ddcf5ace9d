// Small immutable containers whose hash is kept while they change, so that a model's states are
// cheap to make and to compare. The hash is a wrapping sum over the members, so it does not depend
// on order.

/** A 32-bit hash of text. */
function hashText(text: string): number {
  let h = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    h = Math.imul(h ^ text.charCodeAt(at), 0x01000193);
  }
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return h ^ (h >>> 12);
}

const BASE = 0x01000193;

/** BASE to the power of `exponent`, wrapping. */
function power(exponent: number): number {
  let result = 1;
  let square = BASE;
  for (let left = exponent; left > 0; left >>>= 1) {
    if ((left & 1) !== 0) result = Math.imul(result, square);
    square = Math.imul(square, square);
  }
  return result;
}

/** Text with a hash that is cheap to carry through concatenation, however long the text grows. */
export class HashedText {
  static readonly empty = new HashedText("", 0, 1);
  readonly text: string;
  readonly hash: number;
  /** BASE to the power of the length. */
  readonly #scale: number;

  private constructor(text: string, hash: number, scale: number) {
    this.text = text;
    this.hash = hash;
    this.#scale = scale;
  }

  static of(text: string): HashedText {
    let h = 0;
    for (let at = 0; at < text.length; at += 1) h = (Math.imul(h, BASE) + text.charCodeAt(at)) | 0;
    return new HashedText(text, h, power(text.length));
  }

  concat(other: HashedText): HashedText {
    const hash = (Math.imul(this.hash, other.#scale) + other.hash) | 0;
    return new HashedText(this.text + other.text, hash, Math.imul(this.#scale, other.#scale));
  }

  /** Hashes of all beginnings, by length. */
  prefixHashes(): Int32Array {
    const hashes = new Int32Array(this.text.length + 1);
    for (let at = 0; at < this.text.length; at += 1) {
      hashes[at + 1] = Math.imul(hashes[at] ?? 0, BASE) + this.text.charCodeAt(at);
    }
    return hashes;
  }

  /** Compares the text itself only where everything cheap is equal. */
  equals(other: HashedText): boolean {
    if (this === other) return true;
    if (this.hash !== other.hash || this.text.length !== other.text.length) return false;
    return this.text === other.text;
  }
}

/** An immutable map from text to text. */
export class TextMap {
  static readonly empty = new TextMap(new Map(), 0);
  readonly #entries: ReadonlyMap<string, string>;
  readonly hash: number;

  private constructor(entries: ReadonlyMap<string, string>, hash: number) {
    this.#entries = entries;
    this.hash = hash;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): string | undefined {
    return this.#entries.get(key);
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  with(key: string, value: string): TextMap {
    const old = this.#entries.get(key);
    if (old === value) return this;
    const entries = new Map(this.#entries).set(key, value);
    const without = old === undefined ? 0 : hashText(`${key}\u0000${old}`);
    return new TextMap(entries, (this.hash - without + hashText(`${key}\u0000${value}`)) | 0);
  }

  without(key: string): TextMap {
    const old = this.#entries.get(key);
    if (old === undefined) return this;
    const entries = new Map(this.#entries);
    entries.delete(key);
    return new TextMap(entries, (this.hash - hashText(`${key}\u0000${old}`)) | 0);
  }

  equals(other: TextMap): boolean {
    if (this.hash !== other.hash || this.size !== other.size) return false;
    for (const [key, value] of this.#entries) if (other.get(key) !== value) return false;
    return true;
  }

  /** Entries in order of key. */
  sorted(): [string, string][] {
    return [...this.#entries].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
