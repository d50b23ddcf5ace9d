// A queue for long lists: taking the first costs the same however many wait. `Array.shift` moves all
// that is behind it once a list has grown beyond some tens of thousands.

/** Taken places are cut off once there are this many of them, and more than what waits. */
const CUT_MIN = 1024;

export class Fifo<T> {
  private items: T[];
  private head = 0;

  constructor(items: readonly T[] = []) {
    this.items = [...items];
  }

  get length(): number {
    return this.items.length - this.head;
  }

  /** The first without taking it; undefined when empty. */
  first(): T | undefined {
    return this.items[this.head];
  }

  /** Oldest first. */
  forEach(visit: (item: T) => void): void {
    for (let at = this.head; at < this.items.length; at += 1) visit(this.items[at]);
  }

  push(item: T): void {
    this.items.push(item);
  }

  /** Takes the first; undefined when empty. */
  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.items[this.head];
    this.head += 1;
    if (this.head >= CUT_MIN && this.head > this.length) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return item;
  }
}
