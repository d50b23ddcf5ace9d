// The writing half of a PopStream call: items wait here until the transport takes them, and every item is
// reported to the engine once, as written or as returned, in the order in which it came.
// The queue is that of the simulator too (io/carrier); here is what it knows of gRPC.
//
// W4  An item counts as taken by the transport only when it was given to gRPC while that took more data: `write()`
//     had not returned false since the last "drain", and less than `TRANSPORT_BYTES` were on their way. One that no
//     first window holds counts when its last byte has left: a consumer that is gone before never had all of it.

import type { DeliveredItem } from "@disheap/core";
import { CarrierQueue } from "@disheap/io/carrier";
import type { PopItem } from "@disheap/proto";

/**
 * A stream's first HTTP/2 window (RFC 9113, 6.9.2). gRPC alone would take 16 messages of any size from us
 * before it pushes back, and what it took cannot be had back.
 */
export const TRANSPORT_BYTES = 65_535;

/** What the writer needs of a gRPC call. */
interface ItemSink {
  readonly writableNeedDrain: boolean;
  write(item: PopItem, done: () => void): boolean;
  on(event: "drain", listener: () => void): unknown;
}

interface WriterOptions {
  readonly sink: ItemSink;
  /** Monotonic. */
  readonly nowMs: () => number;
  readonly encode: (item: DeliveredItem) => PopItem;
  readonly onWritten: (item: DeliveredItem) => void;
  /** The transport took something or takes items again: there may be room for more credits. */
  readonly onRoom: () => void;
  readonly report: {
    written(count: number): void;
    returned(count: number): void;
    drained(): void;
  };
}

export class PopWriter {
  private readonly options: WriterOptions;
  private readonly queue: CarrierQueue<DeliveredItem>;
  private bytesUnderWay = 0;
  /** A large item that is with gRPC, and not all of it has left. Nothing is written behind it. */
  leaving: DeliveredItem | undefined;
  private reportTimer: NodeJS.Immediate | undefined;

  constructor(options: WriterOptions) {
    this.options = options;
    this.queue = new CarrierQueue({
      now: options.nowMs,
      isBlocked: () => this.isBlocked,
      write: (item) => this.write(item),
      reportSoon: () => {
        // One report for all that is written in this round of the event loop.
        this.reportTimer ??= setImmediate(() => {
          this.reportTimer = undefined;
          this.queue.report();
        });
      },
      tell: options.report,
    });
    options.sink.on("drain", () => {
      this.flush();
    });
  }

  get waiting(): number {
    return this.queue.waiting;
  }

  get isBlocked(): boolean {
    return this.options.sink.writableNeedDrain || this.bytesUnderWay >= TRANSPORT_BYTES;
  }

  add(item: DeliveredItem, leaseLeftMs: number): void {
    this.queue.hand(item, this.options.nowMs() + leaseLeftMs);
    this.flush();
  }

  /** Gives back all that waits; the engine hears when the transport takes items again. */
  recall(): void {
    this.queue.recall();
    this.flush();
  }

  /** The stream has ended: what waits is given back. */
  end(): void {
    this.queue.end();
  }

  /** The consumer is gone: after this report the cancel settles what waits. */
  cancel(): void {
    this.queue.cancel();
  }

  private flush(): void {
    if (this.queue.isOver) return;
    this.queue.pump();
    this.options.onRoom();
  }

  private write(item: DeliveredItem): "leaving" | undefined {
    const bytes = item.payload.length;
    const isLarge = bytes >= TRANSPORT_BYTES;
    this.bytesUnderWay += bytes;
    if (isLarge) this.leaving = item;
    this.options.sink.write(this.options.encode(item), () => {
      this.bytesUnderWay -= bytes;
      if (isLarge) this.hasLeft();
      this.flush();
    });
    this.options.onWritten(item);
    return isLarge ? "leaving" : undefined;
  }

  private hasLeft(): void {
    this.leaving = undefined;
    this.queue.left();
  }
}
