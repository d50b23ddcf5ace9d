// The way of a stream's items from its node to its client: what carrier and transport are in production.
// While the client reads, every item is taken at once. While it does not, the transport takes `room` more
// items (a flow-control window), and the rest waits at the carrier, undelivered. The carrier settles each
// item once, as written or returned, in order; it works only while its node does.

import type { ClientEvent, DeliveredItem } from "@disheap/core";

/** Written items are reported together, as by the real carrier. */
const REPORT_US = 200;

export interface PipeHooks {
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

interface Waiting {
  readonly item: DeliveredItem;
  readonly untilUs: number;
}

export class StreamPipe {
  private readonly streamId: number;
  private readonly hooks: PipeHooks;
  private waiting: Waiting[] = [];
  /** Arrived, not read. */
  private unread: DeliveredItem[] = [];
  /** Taken by the transport since the client stopped reading. */
  private takenUnread = 0;
  private isReading = true;
  private isBlockedSeen = false;
  private isRecalled = false;
  private isClosed = false;
  /** The end has arrived and stands behind what is not read yet. */
  private isEndUnread = false;
  private room = 0;
  private unreported = 0;

  constructor(streamId: number, hooks: PipeHooks) {
    this.streamId = streamId;
    this.hooks = hooks;
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

  handOver(item: DeliveredItem, leaseLeftMs: number): void {
    // Left its node before the cancel came there, which has settled it.
    if (this.isClosed) {
      this.hooks.onReturned([item]);
      return;
    }
    this.waiting.push({ item, untilUs: this.hooks.nowUs() + leaseLeftMs * 1000 });
    this.pump();
  }

  recall(): void {
    if (this.isClosed) return;
    this.giveBack(this.waiting.length);
    this.isRecalled = true;
    this.pump();
  }

  /** The node ended the stream: what waits goes back, what is under way still arrives. */
  end(): void {
    if (this.isClosed) return;
    this.giveBack(this.waiting.length);
    this.isClosed = true;
    this.later(() => {
      if (this.isReading) this.hooks.onEnded();
      else this.isEndUnread = true;
    });
  }

  /** The node died. */
  lost(): void {
    this.isClosed = true;
    this.waiting = [];
  }

  /** The client is gone: after this report its cancel settles what waits. */
  cancel(): void {
    if (this.isClosed) return;
    this.report();
    this.hooks.onReturned(this.waiting.map(({ item }) => item));
    this.isClosed = true;
  }

  private pump(): void {
    const { hooks } = this;
    if (this.isClosed) return;
    if (hooks.pausedUntilUs() > hooks.nowUs()) {
      hooks.schedule(hooks.pausedUntilUs(), () => this.pump());
      return;
    }
    while (this.waiting.length > 0 && !this.isBlocked) {
      if (hooks.nowUs() < this.waiting[0].untilUs) this.write();
      else this.giveBack(1);
    }
    if (this.waiting.length > 0 && !this.isBlockedSeen) {
      this.isBlockedSeen = true;
      hooks.onBlocked();
    }
    if (!this.isRecalled || this.isBlocked) return;
    this.isRecalled = false;
    this.tell("stream.drained", 1);
  }

  private write(): void {
    const { hooks } = this;
    const [{ item }] = this.waiting.splice(0, 1);
    hooks.onWritten(item);
    if (this.unreported === 0) hooks.schedule(hooks.nowUs() + REPORT_US, () => this.report());
    this.unreported += 1;
    if (!this.isReading) this.takenUnread += 1;
    this.later(() => this.arrived(item));
  }

  private later(run: () => void): void {
    this.hooks.schedule(this.hooks.nowUs() + this.hooks.latencyUs, run);
  }

  private report(): void {
    if (this.isClosed) return;
    const count = this.unreported;
    this.unreported = 0;
    if (count > 0) this.tell("stream.written", count);
  }

  private giveBack(count: number): void {
    this.report();
    if (count === 0) return;
    const back = this.waiting.splice(0, count).map(({ item }) => item);
    this.hooks.onReturned(back);
    this.tell("stream.returned", count);
  }

  private tell(kind: "stream.written" | "stream.returned" | "stream.drained", count: number): void {
    const { streamId } = this;
    if (kind === "stream.drained") this.hooks.tell({ kind, streamId });
    else this.hooks.tell({ kind, streamId, count });
  }
}
