// How many credits a pop stream may send. A credit buys one delivery and cannot be taken back, so:
// W1 credits open on the stream + deliveries held here never exceed the prefetch by our doing;
// W2 credits open + deliveries so far never exceed the limit;
// W3 they go in steps of half the prefetch, unless the consumer would wait for less.

export class CreditWindow {
  readonly #prefetch: number;
  readonly #limit: number;
  #open = 0;
  #held = 0;
  #delivered = 0;

  constructor(prefetch: number, limit: number = Number.POSITIVE_INFINITY) {
    this.#prefetch = prefetch;
    this.#limit = limit;
  }

  /** True when everything that was asked for has arrived. */
  get isSpent(): boolean {
    return this.#delivered >= this.#limit;
  }

  /** Deliveries that are asked for and have not come. */
  get open(): number {
    return this.#open;
  }

  /**
   * Credits to send now; they count as open from here on. `isIdle`: the consumer has nothing left to hand
   * out, so that what is due goes at once when no credit is open.
   */
  take(isIdle: boolean): number {
    const room = Math.min(this.#prefetch - this.#held, this.#limit - this.#delivered);
    const due = Math.max(0, room - this.#open);
    // The last step of a limit may be smaller.
    const step = Math.min(this.#prefetch / 2, this.#limit - this.#delivered - this.#open);
    if (due < step && !(isIdle && this.#open === 0)) return 0;
    this.#open += due;
    return due;
  }

  delivered(): void {
    this.#open = Math.max(0, this.#open - 1);
    this.#held += 1;
    this.#delivered += 1;
  }

  /** What was delivered went back, and comes again: it counts for nothing. Its room is released as that of any. */
  undelivered(): void {
    this.#delivered -= 1;
  }

  released(): void {
    this.#held -= 1;
  }

  /** A new stream starts without credits: those of the old one died with it. */
  reopened(): void {
    this.#open = 0;
  }
}
