// The items of one consumer's stream between its node, which hands them over, and a transport, which takes them
// when it likes: the same code under gRPC and in the simulator. What is lost or written twice here is a delivery
// that is lost or repeated, so the node hears of every item once, as written or as returned, in order.
//
// W1  An item counts as written when the transport took it whole, and it takes none while it is blocked.
// W2  Nothing is written after it was reported as returned, or after its lease is over.
// W3  What was written is reported before anything is returned, and before the stream is cancelled.

export interface CarrierHooks<T> {
  /** Monotonic, in the unit of `hand`'s `until`. */
  now(): number;
  /** The transport takes nothing now. */
  isBlocked(): boolean;
  /**
   * The transport takes the item. "leaving": not the whole of it yet; `left` is to be called when it has, and the
   * transport is blocked until then. A consumer that is gone before never had it.
   */
  write(item: T): "leaving" | undefined;
  /** Wants a call of `report` soon: one for all that is written until then. */
  reportSoon(): void;
  /** These were not taken and never will be. Also said of what a cancel settles, which the node is not told. */
  onReturned?(items: readonly T[]): void;
  /** What the node is told: `stream.written`, `stream.returned`, `stream.drained` of the contract. */
  readonly tell: {
    written(count: number): void;
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
  private isLeaving = false;
  private isRecalled = false;
  private isClosed = false;

  constructor(hooks: CarrierHooks<T>) {
    this.hooks = hooks;
  }

  get waiting(): number {
    return this.queue.length;
  }

  get isOver(): boolean {
    return this.isClosed;
  }

  /** It may be written until its lease is over; `pump` does so. After the end it is returned, told to nobody. */
  hand(item: T, until: number): void {
    if (this.isClosed) this.hooks.onReturned?.([item]);
    else this.queue.push({ item, until });
  }

  /** Writes what the transport takes. To be called whenever it may take something, and after a hand or a recall. */
  pump(): void {
    if (this.isClosed) return;
    while (!this.hooks.isBlocked()) {
      const next = this.queue.at(0);
      if (!next) break;
      if (this.hooks.now() >= next.until) this.giveBack(1);
      else {
        this.queue.shift();
        this.write(next.item);
      }
    }
    if (!this.isRecalled || this.hooks.isBlocked()) return;
    this.isRecalled = false;
    this.hooks.tell.drained();
  }

  /** The node asks for all that waits; it hears when the transport takes items again. */
  recall(): void {
    if (this.isClosed) return;
    this.giveBack(this.queue.length);
    this.isRecalled = true;
  }

  /** The node has ended the stream: what waits goes back. */
  end(): void {
    if (this.isClosed) return;
    this.giveBack(this.queue.length);
    this.isClosed = true;
  }

  /** The consumer is gone: after this report the node's cancel settles what waits. */
  cancel(): void {
    if (this.isClosed) return;
    this.report();
    this.hooks.onReturned?.(this.queue.map(({ item }) => item));
    this.lost();
  }

  /** The node is gone: nobody is left to be told. */
  lost(): void {
    this.isClosed = true;
    this.queue = [];
  }

  report(): void {
    if (this.isClosed) return;
    const count = this.unreported;
    this.unreported = 0;
    if (count > 0) this.hooks.tell.written(count);
  }

  /** The item that was leaving has left. */
  left(): void {
    if (!this.isLeaving || this.isClosed) return;
    this.isLeaving = false;
    this.count();
  }

  private write(item: T): void {
    this.isLeaving = this.hooks.write(item) === "leaving";
    if (!this.isLeaving) this.count();
  }

  private count(): void {
    if (this.unreported === 0) this.hooks.reportSoon();
    this.unreported += 1;
  }

  private giveBack(count: number): void {
    // It still arrives, and is reported before what came after it (W3).
    this.left();
    this.report();
    if (count === 0) return;
    const back = this.queue.splice(0, count);
    this.hooks.onReturned?.(back.map(({ item }) => item));
    this.hooks.tell.returned(count);
  }
}
