// Remembers the configurations a search has left behind: (which completed operations are placed,
// which never-returned ones were used, state). The set of placed operations is stored compactly: all
// below the first unplaced rank, and a window of bits above it that cannot be longer than the
// number of calls made before that operation returned.
//
// A configuration is also settled when one is known with the same placed operations and state that
// used only a subset of the never-returned ones: whatever this one can still do, that one could.

const NONE = -1;
/** Buckets to begin with: few, since thousands of partitions may be under search at one time. */
const BUCKETS_FIRST = 1 << 6;
const POOL_WORDS_PER_BUCKET = 4;
/** What an engine takes for an entry of a growing array of integers. */
const START_BYTES = 8;

export class SeenCache {
  readonly #pendingWords: number;
  #buckets: Int32Array;
  /** Records: next record in the bucket, hash, state, first unplaced rank, pending, window. */
  #pool: Int32Array;
  #used = 0;
  #count = 0;

  constructor(pendingCount: number) {
    this.#buckets = new Int32Array(BUCKETS_FIRST).fill(NONE);
    this.#pool = new Int32Array(BUCKETS_FIRST * POOL_WORDS_PER_BUCKET);
    this.#pendingWords = (pendingCount + 31) >> 5;
  }

  get size(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#pool.byteLength + this.#buckets.byteLength + this.#starts.length * START_BYTES;
  }

  /**
   * Adds a configuration; false when it, or one that can do more, is already known. The window is
   * the words [fromWord, toWord) of `placed`.
   */
  add(
    hash: number,
    state: number,
    first: number,
    placed: Int32Array,
    fromWord: number,
    toWord: number,
    pending: Int32Array,
  ): boolean {
    const mask = this.#buckets.length - 1;
    let record = this.#buckets[hash & mask] ?? NONE;
    while (record !== NONE) {
      if (this.#covers(record, hash, state, first, placed, fromWord, toWord, pending)) return false;
      record = this.#pool[record] ?? NONE;
    }
    this.#insert(hash, state, first, placed, fromWord, toWord, pending);
    return true;
  }

  #covers(
    record: number,
    hash: number,
    state: number,
    first: number,
    placed: Int32Array,
    fromWord: number,
    toWord: number,
    pending: Int32Array,
  ): boolean {
    const pool = this.#pool;
    if (pool[record + 1] !== hash || pool[record + 2] !== state || pool[record + 3] !== first) {
      return false;
    }
    let at = record + 4;
    for (let word = 0; word < this.#pendingWords; word += 1, at += 1) {
      if (((pool[at] ?? 0) & ~(pending[word] ?? 0)) !== 0) return false;
    }
    for (let word = fromWord; word < toWord; word += 1, at += 1) {
      if (pool[at] !== placed[word]) return false;
    }
    return true;
  }

  #insert(
    hash: number,
    state: number,
    first: number,
    placed: Int32Array,
    fromWord: number,
    toWord: number,
    pending: Int32Array,
  ): void {
    const length = 4 + this.#pendingWords + (toWord - fromWord);
    if (this.#used + length > this.#pool.length) this.#growPool(length);
    if (this.#count >= this.#buckets.length) this.#growBuckets();
    const bucket = hash & (this.#buckets.length - 1);
    const pool = this.#pool;
    const record = this.#used;
    pool[record] = this.#buckets[bucket] ?? NONE;
    pool[record + 1] = hash;
    pool[record + 2] = state;
    pool[record + 3] = first;
    let at = record + 4;
    for (let word = 0; word < this.#pendingWords; word += 1, at += 1) pool[at] = pending[word] ?? 0;
    for (let word = fromWord; word < toWord; word += 1, at += 1) pool[at] = placed[word] ?? 0;
    this.#used = at;
    this.#buckets[bucket] = record;
    this.#count += 1;
    this.#starts.push(record);
  }

  /** Where records start, so that the buckets can be rebuilt when they grow. */
  readonly #starts: number[] = [];

  #growPool(length: number): void {
    const bigger = new Int32Array(Math.max(this.#pool.length * 2, this.#used + length));
    bigger.set(this.#pool);
    this.#pool = bigger;
  }

  #growBuckets(): void {
    this.#buckets = new Int32Array(this.#buckets.length * 2).fill(NONE);
    const mask = this.#buckets.length - 1;
    for (const record of this.#starts) {
      const bucket = (this.#pool[record + 1] ?? 0) & mask;
      this.#pool[record] = this.#buckets[bucket] ?? NONE;
      this.#buckets[bucket] = record;
    }
  }
}
