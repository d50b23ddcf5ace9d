// Deliveries between their node, which hands them over, and a transport, which takes them when it likes: the same code
// under gRPC and in the simulator, for the items of a stream and for the parts of a session (session-queue.ts). What is
// lost or written twice here is a delivery that is lost or repeated, so the node hears of every item once, as written
// or as returned, in order.
//
// W1  An item counts as written when the transport took it whole, and it takes none while it is blocked.
// W2  Nothing is written after it was reported as returned, or after its lease is over.
// W3  What was written is reported before anything is returned, and before the stream is cancelled.
// W5  What was handed over without an end is no delivery (a session's answers): it keeps its place among them, is never
//     returned, and is still written after the end.

export interface CarrierHooks<T> {
  /** Monotonic, in the unit of `hand`'s `until`. */
  now(): number;
  /** The transport takes nothing now. */
  isBlocked(): boolean;
  /**
   * The transport takes the item. "leaving": not the whole of it yet; `left` is to be called when it has, and the
   * transport is blocked until then. A consumer that is gone before never had it.
   */
  write(item: T, until: number): "leaving" | undefined;
  /** Wants a call of `report` soon: one for all that is written until then. */
  reportSoon(): void;
  /** These were not taken and never will be. Also said of what a cancel settles, which the node is not told. */
  onReturned?(items: readonly T[]): void;
  /** What the node is told: `written`, `returned`, `drained` of the contract. `words` are what has no end. */
  readonly tell: {
    written(count: number, words: number): void;
    returned(count: number): void;
    drained(): void;
  };
}

interface Waiting<T> {
  readonly item: T;
  readonly until: number;
}

export class CarrierQueue<T> {
  private readonly hooks: CarrierHooks<T>;
  private queue: Waiting<T>[] = [];
  private unreported = 0;
  private unreportedWords = 0;
  private isLeaving = false;
  private isRecalled = false;
  private isEnded = false;
  private isClosed = false;

  constructor(hooks: CarrierHooks<T>) {
    this.hooks = hooks;
  }

  get waiting(): number {
    return this.queue.length;
  }

  /** Nothing is written any more. */
  get isOver(): boolean {
    return this.isClosed || (this.isEnded && this.queue.length === 0);
  }

  /** It may be written until its lease is over; `pump` does so. After the end it is returned, told to nobody. */
  hand(item: T, until = Infinity): void {
    if (this.isEnded || this.isClosed) this.hooks.onReturned?.([item]);
    else this.queue.push({ item, until });
  }

  /** Writes what the transport takes. To be called whenever it may take something, and after a hand or a recall. */
  pump(): void {
    if (this.isClosed) return;
    while (!this.hooks.isBlocked()) {
      const next = this.queue.at(0);
      if (!next) break;
      this.queue.shift();
      if (isDelivery(next) && this.hooks.now() >= next.until) this.giveBack([next]);
      else this.write(next);
    }
    if (!this.isRecalled || this.hooks.isBlocked()) return;
    this.isRecalled = false;
    this.hooks.tell.drained();
  }

  /** The node asks for all that waits; it hears when the transport takes items again. */
  recall(): void {
    if (this.isEnded || this.isClosed) return;
    this.giveBackAll();
    this.isRecalled = true;
  }

  /** The node has ended the stream: what waits goes back, but for words. */
  end(): void {
    if (this.isEnded || this.isClosed) return;
    this.giveBackAll();
    this.isEnded = true;
    this.isRecalled = false;
  }

  /** The consumer is gone: after this report the node's cancel settles what waits. */
  cancel(): void {
    if (this.isClosed) return;
    this.report();
    this.hooks.onReturned?.(this.queue.filter(isDelivery).map(({ item }) => item));
    this.lost();
  }

  /** The node is gone: nobody is left to be told. */
  lost(): void {
    this.isClosed = true;
    this.queue = [];
  }

  report(): void {
    if (this.isEnded || this.isClosed) return;
    const [count, words] = [this.unreported, this.unreportedWords];
    this.unreported = 0;
    this.unreportedWords = 0;
    if (count + words > 0) this.hooks.tell.written(count, words);
  }

  /** The item that was leaving has left. */
  left(): void {
    if (!this.isLeaving || this.isEnded || this.isClosed) return;
    this.isLeaving = false;
    this.count(true);
  }

  private write(next: Waiting<T>): void {
    this.isLeaving = this.hooks.write(next.item, next.until) === "leaving";
    if (!this.isLeaving) this.count(isDelivery(next));
  }

  private count(isOfDelivery: boolean): void {
    if (this.unreported + this.unreportedWords === 0) this.hooks.reportSoon();
    if (isOfDelivery) this.unreported += 1;
    else this.unreportedWords += 1;
  }

  private giveBackAll(): void {
    const back = this.queue.filter(isDelivery);
    this.queue = this.queue.filter((waiting) => !isDelivery(waiting));
    this.giveBack(back);
  }

  private giveBack(back: readonly Waiting<T>[]): void {
    // It still arrives, and is reported before what came after it (W3).
    this.left();
    this.report();
    if (back.length === 0) return;
    this.hooks.onReturned?.(back.map(({ item }) => item));
    this.hooks.tell.returned(back.length);
  }
}

function isDelivery({ until }: { readonly until: number }): boolean {
  return until < Infinity;
}
