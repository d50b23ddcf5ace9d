// A table whose keys are whole numbers handed out in rising order, such as the ids of calls under way. A
// ring of cells takes the place of a Map for the garbage collector's sake: a Map replaces its table every
// few insertions, each old table keeps what it held and points to the next, and once one of them lies in
// the old generation, all that later tables held is kept alive until the next full collection.
//
// Keys that stay while many others come and go move to a Map beside the ring. There are few of them, and
// the ring stays about as long as what it holds: walks and memory follow the number of keys, never the
// distance between the oldest and the newest.

const CELLS_MIN = 16;
/** The ring spans at most this many keys, or so many times as many as it holds. */
const SPAN_MIN = 1024;
const SPAN_TIMES = 4;

export class SequenceTable<T extends object> {
  private cells: (T | undefined)[] = new Array<T | undefined>(CELLS_MIN).fill(undefined);
  /** Every key of the ring lies in [first, next). */
  private first = 0;
  private next = 0;
  /** Keys in the ring. */
  private count = 0;
  /** What the ring has left behind: keys below `first`. */
  private readonly behind = new Map<number, T>();

  get size(): number {
    return this.count + this.behind.size;
  }

  /** Places that memory is held for, and that a walk may pass. */
  get room(): number {
    return this.cells.length + this.behind.size;
  }

  get(key: number): T | undefined {
    if (key < this.first) return this.behind.get(key);
    if (key >= this.next) return undefined;
    return this.cells[key & (this.cells.length - 1)];
  }

  has(key: number): boolean {
    return this.get(key) !== undefined;
  }

  set(key: number, value: T): void {
    if (this.count === 0 && (this.behind.size === 0 || key >= this.first)) {
      this.first = key;
      this.next = key;
    }
    const next = Math.max(this.next, key + 1);
    this.leaveBehind(next);
    if (key < this.first) {
      this.behind.set(key, value);
      return;
    }
    this.fit(next - this.first);
    this.next = next;
    const at = key & (this.cells.length - 1);
    if (this.cells[at] === undefined) this.count += 1;
    this.cells[at] = value;
  }

  /** Moves the oldest keys out of the ring while it would span too much. */
  private leaveBehind(next: number): void {
    const mask = this.cells.length - 1;
    while (next - this.first > Math.max(SPAN_MIN, SPAN_TIMES * this.count)) {
      if (this.count > 0) {
        const value = this.cells[this.first & mask];
        if (value !== undefined) this.behind.set(this.first, value);
        this.cells[this.first & mask] = undefined;
        this.count -= 1;
        this.skipEmpty();
      }
      // Nothing is left of it: it begins anew with the newest key, never with one that is not in use.
      if (this.count > 0) continue;
      this.first = next - 1;
      this.next = this.first;
      return;
    }
  }

  /** The ring begins with a key that is in use. */
  private skipEmpty(): void {
    const mask = this.cells.length - 1;
    while (this.first < this.next && this.cells[this.first & mask] === undefined) this.first += 1;
  }

  /** False when there was nothing. */
  delete(key: number): boolean {
    if (!this.has(key)) return false;
    if (this.behind.delete(key)) return true;
    this.cells[key & (this.cells.length - 1)] = undefined;
    this.count -= 1;
    this.skipEmpty();
    return true;
  }

  /** In the order of the keys. What is deleted meanwhile is left out, what is added may be. */
  *entries(): Generator<[number, T]> {
    const from = this.first;
    if (this.behind.size > 0) {
      for (const key of [...this.behind.keys()].sort((a, b) => a - b)) {
        const value = this.behind.get(key);
        if (value !== undefined) yield [key, value];
      }
    }
    for (let key = from; key < this.next; key += 1) {
      const value = this.get(key);
      if (value !== undefined) yield [key, value];
    }
  }

  /** Makes the ring as long as it has to be, and gives back what it needed long ago. */
  private fit(span: number): void {
    const isTooLong = this.cells.length > 8 * Math.max(SPAN_MIN, span);
    if (span <= this.cells.length && !isTooLong) return;
    const old = this.cells;
    let length = CELLS_MIN;
    while (length < span) length *= 2;
    this.cells = new Array<T | undefined>(length).fill(undefined);
    for (let key = this.first; key < this.next; key += 1) {
      this.cells[key & (length - 1)] = old[key & (old.length - 1)];
    }
    old.fill(undefined);
  }
}
