// The way of a session's frames from its node to its client: what carrier and transport are in production. While the
// client reads, each is taken at once; while it does not, the transport takes `room` more and the rest waits at the
// carrier, as in stream-pipe.ts. What waits there is in io/carrier, the code that ships; it works only while its node
// does.

import type { SessionEvent, SessionPart } from "@disheap/core";
import { SESSION_END_MS_MAX, SessionQueue } from "@disheap/io/carrier";

/** Written frames are reported together, as by the real carrier. */
const REPORT_US = 200;

interface FramePipeHooks<Frame> {
  nowUs(): number;
  schedule(atUs: number, run: () => void): void;
  /** Until when the node's process does nothing. */
  pausedUntilUs(): number;
  /** Time from node to client. */
  readonly latencyUs: number;
  /** The carrier tells its node. */
  tell(event: SessionEvent): void;
  /** The transport takes these bytes; what is in them. */
  onWritten(frame: Uint8Array): Frame;
  /** The transport refused a frame for the first time since the client stopped reading. */
  onBlocked(): void;
  /** Deliveries that will never be written. */
  onReturned(parts: readonly SessionPart[]): void;
  onArrived(frame: Frame): void;
  /** The client read all that came before the end. */
  onEnded(): void;
}

export class FramePipe<Frame> {
  private readonly hooks: FramePipeHooks<Frame>;
  private readonly queue: SessionQueue;
  /** Arrived, not read. */
  private unread: Frame[] = [];
  private takenUnread = 0;
  private isReading = true;
  private isBlockedSeen = false;
  /** The node has ended the session; all that is written after it has left. */
  private isEnding = false;
  private isEndSent = false;
  private isEndUnread = false;
  private room = 0;

  constructor(sessionId: number, hooks: FramePipeHooks<Frame>) {
    this.hooks = hooks;
    this.queue = new SessionQueue({
      now: () => hooks.nowUs() / 1000,
      isBlocked: () => !this.isReading && this.takenUnread >= this.room,
      send: (frame) => this.send(frame),
      reportSoon: () => {
        hooks.schedule(hooks.nowUs() + REPORT_US, () => this.queue.report());
      },
      onReturned: (parts) => {
        if (parts.length > 0) hooks.onReturned(parts);
      },
      tell: {
        written: (batches, words) =>
          hooks.tell({ kind: "session.written", sessionId, batches, words }),
        returned: (batches) => hooks.tell({ kind: "session.returned", sessionId, batches }),
        drained: () => hooks.tell({ kind: "session.drained", sessionId }),
      },
    });
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
    for (const frame of unread) this.hooks.onArrived(frame);
    if (this.isEndUnread) this.hooks.onEnded();
    this.pump();
  }

  // --- the carrier's side ------------------------------------------------------------------------

  handOver(parts: readonly SessionPart[]): void {
    this.queue.hand(parts);
    this.pump();
  }

  recall(): void {
    this.queue.recall();
    this.pump();
  }

  /** The node ends the session: deliveries that wait go back, the rest is written as far as the client reads. */
  end(): void {
    this.queue.end();
    this.isEnding = true;
    this.pump();
    if (this.isEndSent) return;
    this.hooks.schedule(this.hooks.nowUs() + SESSION_END_MS_MAX * 1000, () => {
      this.queue.lost();
      this.sendEnd();
    });
  }

  /** Before something that the client said. */
  report(): void {
    this.queue.report();
  }

  /** The client is gone. */
  cancel(): void {
    this.queue.cancel();
  }

  /** The node died. */
  lost(): void {
    this.queue.lost();
  }

  private pump(): void {
    const { hooks, queue } = this;
    if (hooks.pausedUntilUs() > hooks.nowUs()) {
      if (!queue.isOver || this.isEnding) hooks.schedule(hooks.pausedUntilUs(), () => this.pump());
      return;
    }
    queue.pump();
    if (this.isEnding && queue.isOver) this.sendEnd();
    if (queue.waiting === 0 || this.isBlockedSeen) return;
    this.isBlockedSeen = true;
    hooks.onBlocked();
  }

  private send(bytes: Uint8Array): void {
    const { hooks } = this;
    const frame = hooks.onWritten(bytes);
    if (!this.isReading) this.takenUnread += 1;
    this.later(() => {
      if (this.isReading) hooks.onArrived(frame);
      else this.unread.push(frame);
    });
  }

  private sendEnd(): void {
    if (this.isEndSent) return;
    this.isEndSent = true;
    this.later(() => {
      if (this.isReading) this.hooks.onEnded();
      else this.isEndUnread = true;
    });
  }

  private later(run: () => void): void {
    this.hooks.schedule(this.hooks.nowUs() + this.hooks.latencyUs, run);
  }
}
