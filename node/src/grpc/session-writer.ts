// The writing half of a session's call: what is to be said waits here until the transport takes it. The queue is that of
// the simulator too (io/carrier); here is what it knows of gRPC.
//
// SC1  A frame counts as written when gRPC took it while it took more data: `write()` had not returned false since
//      the last "drain", and less than `TRANSPORT_BYTES` were on their way.

import type { SessionPart } from "@disheap/core";
import { SessionQueue } from "@disheap/io/carrier";

/** gRPC would take 16 frames of any size before it pushes back, and what it took cannot be had back. */
const TRANSPORT_BYTES = 1 << 20;

/** What the writer needs of a gRPC call. */
interface FrameSink {
  readonly writableNeedDrain: boolean;
  write(frame: Uint8Array, done: () => void): boolean;
  on(event: "drain", listener: () => void): unknown;
}

interface SessionWriterOptions {
  readonly sink: FrameSink;
  /** Monotonic. */
  readonly nowMs: () => number;
  readonly report: {
    written(batches: number, words: number): void;
    returned(batches: number): void;
    drained(): void;
  };
  /** After the end: all words are written. */
  readonly onDone: () => void;
}

export class SessionWriter {
  private readonly options: SessionWriterOptions;
  private readonly queue: SessionQueue;
  private bytesUnderWay = 0;
  private reportTimer: NodeJS.Immediate | undefined;
  private isEnded = false;

  constructor(options: SessionWriterOptions) {
    this.options = options;
    const { sink, nowMs, report } = options;
    this.queue = new SessionQueue({
      now: nowMs,
      isBlocked: (pendingBytes) =>
        sink.writableNeedDrain || this.bytesUnderWay + pendingBytes >= TRANSPORT_BYTES,
      send: (frame) => {
        this.send(frame);
      },
      reportSoon: () => {
        // One report for all that is written in this round of the event loop.
        this.reportTimer ??= setImmediate(() => {
          this.report();
        });
      },
      tell: report,
    });
    sink.on("drain", () => {
      this.flush();
    });
  }

  add(parts: readonly SessionPart[]): void {
    this.queue.hand(parts);
    this.flush();
  }

  recall(): void {
    this.queue.recall();
    this.flush();
  }

  /** Deliveries that wait go back; `onDone` is called once the rest is written. */
  end(): void {
    this.queue.end();
    this.isEnded = true;
    this.flush();
  }

  /** The client is gone: after this report the node settles what waits. */
  cancel(): void {
    this.queue.cancel();
  }

  /** To be called before anything that the client said is passed on. */
  report(): void {
    clearImmediate(this.reportTimer);
    this.reportTimer = undefined;
    this.queue.report();
  }

  private flush(): void {
    this.queue.pump();
    if (this.isEnded && this.queue.isOver) this.options.onDone();
  }

  private send(frame: Uint8Array): void {
    this.bytesUnderWay += frame.length;
    this.options.sink.write(frame, () => {
      this.bytesUnderWay -= frame.length;
      if (this.queue.waiting > 0) this.flush();
    });
  }
}
