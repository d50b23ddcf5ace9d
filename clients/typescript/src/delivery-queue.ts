// What has arrived and was not asked for yet, or was asked for and has not arrived: the two sides of
// an async iterator. After the end everything that arrived is still handed out, then the error, once.

interface Waiter<T> {
  resolve: (result: IteratorResult<T, undefined>) => void;
  reject: (error: Error) => void;
}

export class DeliveryQueue<T> {
  readonly #items: T[] = [];
  readonly #waiters: Waiter<T>[] = [];
  #isEnded = false;
  #error: Error | undefined;

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Nothing waits to be asked for. */
  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  push(item: T): void {
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#items.push(item);
    else waiter.resolve({ value: item, done: false });
  }

  /** What waits to be asked for, if anything does. */
  take(): T | undefined {
    return this.#items.shift();
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const item = this.#items.shift();
    if (item !== undefined) return Promise.resolve({ value: item, done: false });
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      if (this.#isEnded) this.#settleWaiters();
    });
  }

  /** The first end counts; later ones say nothing new. */
  end(error?: Error): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#error = error;
    this.#settleWaiters();
  }

  /** Takes out one that was not handed out; false when it was. */
  remove(item: T): boolean {
    const at = this.#items.indexOf(item);
    if (at >= 0) this.#items.splice(at, 1);
    return at >= 0;
  }

  /** Takes out those of what was not handed out. */
  drainOf(isMeant: (item: T) => boolean): T[] {
    const drained = this.#items.splice(0);
    for (const item of drained) if (!isMeant(item)) this.#items.push(item);
    return drained.filter(isMeant);
  }

  /** Takes out what was not handed out. */
  drain(): T[] {
    return this.#items.splice(0);
  }

  #settleWaiters(): void {
    for (const waiter of this.#waiters.splice(0)) {
      const error = this.#error;
      this.#error = undefined;
      if (error === undefined) waiter.resolve({ value: undefined, done: true });
      else waiter.reject(error);
    }
  }
}
