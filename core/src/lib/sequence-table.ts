// A table whose keys are whole numbers handed out in rising order, such as the ids of calls under way. A
// ring of slots takes the place of a Map for the garbage collector's sake: a Map replaces its table every
// few insertions, each old table keeps what it held and points to the next, and once one of them lies in
// the old generation, all that later tables held is kept alive until the next full collection.

const SLOTS_MIN = 16;

export class SequenceTable<T extends object> {
  private slots: (T | undefined)[] = new Array<T | undefined>(SLOTS_MIN).fill(undefined);
  /** Every key that is in use lies in [first, next). */
  private first = 0;
  private next = 0;
  private count = 0;

  get size(): number {
    return this.count;
  }

  get(key: number): T | undefined {
    if (key < this.first || key >= this.next) return undefined;
    return this.slots[key & (this.slots.length - 1)];
  }

  has(key: number): boolean {
    return this.get(key) !== undefined;
  }

  /** Cheap while the keys in use lie close together: there are as many slots as their span. */
  set(key: number, value: T): void {
    if (this.count === 0) {
      this.first = key;
      this.next = key;
    }
    const first = Math.min(this.first, key);
    const next = Math.max(this.next, key + 1);
    if (next - first > this.slots.length) this.grow(next - first);
    this.first = first;
    this.next = next;
    const at = key & (this.slots.length - 1);
    if (this.slots[at] === undefined) this.count += 1;
    this.slots[at] = value;
  }

  /** False when there was nothing. */
  delete(key: number): boolean {
    if (!this.has(key)) return false;
    const mask = this.slots.length - 1;
    this.slots[key & mask] = undefined;
    this.count -= 1;
    while (this.first < this.next && this.slots[this.first & mask] === undefined) this.first += 1;
    return true;
  }

  /** In the order of the keys. What is deleted meanwhile is left out, what is added may be. */
  *entries(): Generator<[number, T]> {
    for (let key = this.first; key < this.next; key += 1) {
      const value = this.get(key);
      if (value !== undefined) yield [key, value];
    }
  }

  private grow(span: number): void {
    const old = this.slots;
    let length = old.length;
    while (length < span) length *= 2;
    this.slots = new Array<T | undefined>(length).fill(undefined);
    for (let key = this.first; key < this.next; key += 1) {
      this.slots[key & (length - 1)] = old[key & (old.length - 1)];
    }
    old.fill(undefined);
  }
}
