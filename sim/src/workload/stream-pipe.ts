// The way of a stream's items from its node to its client: what carrier and transport are in production.
// While the client reads, every item is taken at once. While it does not, the transport takes `room` more
// items (a flow-control window), and the rest waits at the carrier, undelivered. The carrier settles each
// item once, as written or returned, in order (io/carrier, the code that ships); it works only while its node does.

import type { ClientEvent, DeliveredItem } from "@disheap/core";
import { CarrierQueue } from "@disheap/io/carrier";

/** Written items are reported together, as by the real carrier. */
const REPORT_US = 200;

interface PipeHooks {
  nowUs(): number;
  schedule(atUs: number, run: () => void): void;
  /** Until when the node's process does nothing. */
  pausedUntilUs(): number;
  /** Time from node to client. */
  readonly latencyUs: number;
  /** The carrier tells its node. */
  tell(event: ClientEvent): void;
  onWritten(item: DeliveredItem): void;
  /** The transport refused an item for the first time since the client stopped reading. */
  onBlocked(): void;
  onReturned(items: readonly DeliveredItem[]): void;
  onArrived(item: DeliveredItem): void;
  /** The client read all that came before the end. */
  onEnded(): void;
}

export class StreamPipe {
  private readonly hooks: PipeHooks;
  private readonly queue: CarrierQueue<DeliveredItem>;
  /** Arrived, not read. */
  private unread: DeliveredItem[] = [];
  /** Taken by the transport since the client stopped reading. */
  private takenUnread = 0;
  private isReading = true;
  private isBlockedSeen = false;
  /** The end has arrived and stands behind what is not read yet. */
  private isEndUnread = false;
  private room = 0;

  constructor(streamId: number, hooks: PipeHooks) {
    this.hooks = hooks;
    this.queue = new CarrierQueue({
      now: () => hooks.nowUs(),
      isBlocked: () => this.isBlocked,
      write: (item) => {
        this.write(item);
        return undefined;
      },
      reportSoon: () => hooks.schedule(hooks.nowUs() + REPORT_US, () => this.queue.report()),
      onReturned: (items) => hooks.onReturned(items),
      tell: {
        written: (count) => hooks.tell({ kind: "stream.written", streamId, count }),
        returned: (count) => hooks.tell({ kind: "stream.returned", streamId, count }),
        drained: () => hooks.tell({ kind: "stream.drained", streamId }),
      },
    });
  }

  private get isBlocked(): boolean {
    return !this.isReading && this.takenUnread >= this.room;
  }

  // --- the client's side -------------------------------------------------------------------------

  stopReading(room: number): void {
    this.isReading = false;
    this.isBlockedSeen = false;
    this.takenUnread = 0;
    this.room = room;
  }

  readAgain(): void {
    if (this.isReading) return;
    this.isReading = true;
    const { unread } = this;
    this.unread = [];
    for (const item of unread) this.hooks.onArrived(item);
    if (this.isEndUnread) this.hooks.onEnded();
    this.pump();
  }

  private arrived(item: DeliveredItem): void {
    if (this.isReading) this.hooks.onArrived(item);
    else this.unread.push(item);
  }

  // --- the carrier's side ------------------------------------------------------------------------

  /** One that left its node before the cancel came there is settled by that. */
  handOver(item: DeliveredItem, leaseLeftMs: number): void {
    this.queue.hand(item, this.hooks.nowUs() + leaseLeftMs * 1000);
    this.pump();
  }

  recall(): void {
    this.queue.recall();
    this.pump();
  }

  /** The node ended the stream: what waits goes back, what is under way still arrives. */
  end(): void {
    if (this.queue.isOver) return;
    this.queue.end();
    this.later(() => {
      if (this.isReading) this.hooks.onEnded();
      else this.isEndUnread = true;
    });
  }

  /** The node died. */
  lost(): void {
    this.queue.lost();
  }

  cancel(): void {
    this.queue.cancel();
  }

  private pump(): void {
    const { hooks, queue } = this;
    if (queue.isOver) return;
    if (hooks.pausedUntilUs() > hooks.nowUs()) {
      hooks.schedule(hooks.pausedUntilUs(), () => this.pump());
      return;
    }
    queue.pump();
    if (queue.waiting === 0 || this.isBlockedSeen) return;
    this.isBlockedSeen = true;
    hooks.onBlocked();
  }

  private write(item: DeliveredItem): void {
    this.hooks.onWritten(item);
    if (!this.isReading) this.takenUnread += 1;
    this.later(() => this.arrived(item));
  }

  private later(run: () => void): void {
    this.hooks.schedule(this.hooks.nowUs() + this.hooks.latencyUs, run);
  }
}
