// The way of a session's frames from its node to its client. While the client reads, each is taken at once; while
// it does not, the transport takes `room` more and the rest waits at the carrier, as in stream-pipe.ts.

/** Written frames are reported together, as by the real carrier. */
const REPORT_US = 200;

export interface FramePipeHooks<Frame> {
  nowUs(): number;
  schedule(atUs: number, run: () => void): void;
  /** Until when the node's process does nothing. */
  pausedUntilUs(): number;
  /** Time from node to client. */
  readonly latencyUs: number;
  /** The carrier tells its node: so many frames were written. */
  reportWritten(frames: number): void;
  onWritten(frame: Frame): void;
  /** The transport refused a frame for the first time since the client stopped reading. */
  onBlocked(): void;
  /** These will never be written. */
  onDropped(frames: readonly Frame[]): void;
  onArrived(frame: Frame): void;
  /** The client read all that came before the end. */
  onEnded(): void;
}

export class FramePipe<Frame> {
  private readonly hooks: FramePipeHooks<Frame>;
  private waiting: Frame[] = [];
  /** Arrived, not read. */
  private unread: Frame[] = [];
  private takenUnread = 0;
  private isReading = true;
  private isBlockedSeen = false;
  private isClosed = false;
  private isEndUnread = false;
  private room = 0;
  private unreported = 0;

  constructor(hooks: FramePipeHooks<Frame>) {
    this.hooks = hooks;
  }

  private get isBlocked(): boolean {
    return !this.isReading && this.takenUnread >= this.room;
  }

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

  handOver(frame: Frame): void {
    if (this.isClosed) {
      this.hooks.onDropped([frame]);
      return;
    }
    this.waiting.push(frame);
    this.pump();
  }

  /** The node ends the session: what the transport takes still arrives, the rest is dropped. */
  end(): void {
    if (this.isClosed) return;
    this.pump();
    this.close();
    this.later(() => {
      if (this.isReading) this.hooks.onEnded();
      else this.isEndUnread = true;
    });
  }

  /** The node died, or the client is gone. */
  close(): void {
    this.isClosed = true;
    this.hooks.onDropped(this.waiting);
    this.waiting = [];
  }

  private pump(): void {
    const { hooks } = this;
    if (this.isClosed) return;
    if (hooks.pausedUntilUs() > hooks.nowUs()) {
      hooks.schedule(hooks.pausedUntilUs(), () => this.pump());
      return;
    }
    while (this.waiting.length > 0 && !this.isBlocked) this.write();
    if (this.waiting.length === 0 || this.isBlockedSeen) return;
    this.isBlockedSeen = true;
    hooks.onBlocked();
  }

  private write(): void {
    const { hooks } = this;
    const [frame] = this.waiting.splice(0, 1);
    hooks.onWritten(frame);
    if (this.unreported === 0) hooks.schedule(hooks.nowUs() + REPORT_US, () => this.report());
    this.unreported += 1;
    if (!this.isReading) this.takenUnread += 1;
    this.later(() => {
      if (this.isReading) hooks.onArrived(frame);
      else this.unread.push(frame);
    });
  }

  private later(run: () => void): void {
    this.hooks.schedule(this.hooks.nowUs() + this.hooks.latencyUs, run);
  }

  private report(): void {
    const frames = this.unreported;
    this.unreported = 0;
    if (frames > 0) this.hooks.reportWritten(frames);
  }
}
