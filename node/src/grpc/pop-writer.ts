// The writing half of a PopStream call: items wait here until the transport takes them, and every item is
// reported to the engine once, as written or as returned, in the order in which it came.
//
// W1  An item counts as written only when it was given to gRPC while that took more data: `write()` had
//     not returned false since the last "drain", and less than `TRANSPORT_BYTES` were on their way. One that no
//     first window holds counts when its last byte has left: a consumer that is gone before never had all of it.
// W2  Nothing is written after it was reported as returned, or after its lease is over.
// W3  What was written is reported before anything is returned, and before the stream is cancelled.

import type { DeliveredItem } from "@disheap/core";
import type { PopItem } from "@disheap/proto";

/**
 * A stream's first HTTP/2 window (RFC 9113, 6.9.2). gRPC alone would take 16 messages of any size from us
 * before it pushes back, and what it took cannot be had back.
 */
export const TRANSPORT_BYTES = 65_535;

/** What the writer needs of a gRPC call. */
export interface ItemSink {
  readonly writableNeedDrain: boolean;
  write(item: PopItem, done: () => void): boolean;
  on(event: "drain", listener: () => void): unknown;
}

export interface WriterOptions {
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

interface Waiting {
  readonly item: DeliveredItem;
  readonly untilMs: number;
}

export class PopWriter {
  private readonly options: WriterOptions;
  private queue: Waiting[] = [];
  private bytesUnderWay = 0;
  private unreported = 0;
  /** A large item that is with gRPC, and not all of it has left. Nothing is written behind it. */
  leaving: DeliveredItem | undefined;
  private reportTimer: NodeJS.Immediate | undefined;
  private isRecalled = false;
  private isOver = false;

  constructor(options: WriterOptions) {
    this.options = options;
    options.sink.on("drain", () => {
      this.flush();
    });
  }

  get waiting(): number {
    return this.queue.length;
  }

  get isBlocked(): boolean {
    return this.options.sink.writableNeedDrain || this.bytesUnderWay >= TRANSPORT_BYTES;
  }

  add(item: DeliveredItem, leaseLeftMs: number): void {
    this.queue.push({ item, untilMs: this.options.nowMs() + leaseLeftMs });
    this.flush();
  }

  /** Gives back all that waits; the engine hears when the transport takes items again. */
  recall(): void {
    this.giveBack(this.queue.length);
    this.queue = [];
    this.isRecalled = true;
    this.flush();
  }

  /** The stream has ended: what waits is given back. */
  end(): void {
    if (this.isOver) return;
    this.giveBack(this.queue.length);
    this.stop();
  }

  /** The consumer is gone: after this report the cancel settles what waits. */
  cancel(): void {
    if (this.isOver) return;
    this.reportWritten();
    this.stop();
  }

  private stop(): void {
    this.isOver = true;
    this.queue = [];
  }

  private flush(): void {
    if (this.isOver) return;
    let taken = 0;
    const nowMs = this.options.nowMs();
    while (taken < this.queue.length && !this.isBlocked) {
      const { item, untilMs } = this.queue[taken] as Waiting;
      taken += 1;
      if (nowMs < untilMs) this.write(item);
      else this.giveBack(1);
    }
    if (taken > 0) this.queue.splice(0, taken);
    if (this.isRecalled && !this.isBlocked) {
      this.isRecalled = false;
      this.options.report.drained();
    }
    this.options.onRoom();
  }

  private write(item: DeliveredItem): void {
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
    if (!isLarge) this.count();
  }

  private hasLeft(): void {
    if (this.leaving === undefined || this.isOver) return;
    this.leaving = undefined;
    this.count();
  }

  private count(): void {
    this.unreported += 1;
    // One report for all that is written in this round of the event loop.
    this.reportTimer ??= setImmediate(() => {
      this.reportWritten();
    });
  }

  private reportWritten(): void {
    clearImmediate(this.reportTimer);
    this.reportTimer = undefined;
    if (this.unreported === 0) return;
    const count = this.unreported;
    this.unreported = 0;
    this.options.report.written(count);
  }

  private giveBack(count: number): void {
    // It still arrives, and is reported before what came after it (W3).
    this.hasLeft();
    this.reportWritten();
    if (count > 0) this.options.report.returned(count);
  }
}
