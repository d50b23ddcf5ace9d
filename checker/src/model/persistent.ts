// Small immutable containers whose hash is kept while they change, so that a model's states are
// cheap to make and to compare. The hash is a wrapping sum over the members, so it does not depend
// on order.

/** A 32-bit hash of text. */
export function hashText(text: string): number {
  let h = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    h = Math.imul(h ^ text.charCodeAt(at), 0x01000193);
  }
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return h ^ (h >>> 12);
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
