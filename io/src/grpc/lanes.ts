// What one life of a link holds that the transport has not taken yet, in two lanes (D-90). Urgent frames
// have a budget of their own and overtake bulk that waits here; the transport is given little at a time, so
// that there is something to overtake. What a lane drops, and that it is about to, is said at once.

export interface LaneTuning {
  /** Bulk that may wait; a frame beyond it is dropped. */
  readonly bytesMax: number;
  /** The same of urgent frames. */
  readonly urgentBytesMax: number;
  /** Bytes in the transport at which it gets no further frame. */
  readonly transportBytes: number;
}

export interface LaneEvents {
  /** Gives a frame to the transport, which calls back when it has taken it. */
  readonly write: (frame: Uint8Array, onTaken: () => void) => void;
  readonly onFull: () => void;
  readonly onRoom: () => void;
}

interface Lane {
  readonly frames: Uint8Array[];
  /** Waiting here or in the transport. */
  bytes: number;
}

export class Lanes {
  private readonly tuning: LaneTuning;
  private readonly events: LaneEvents;
  private readonly urgent: Lane = { frames: [], bytes: 0 };
  private readonly bulk: Lane = { frames: [], bytes: 0 };
  private transportBytes = 0;
  private isFull = false;
  private isOver = false;

  constructor(tuning: LaneTuning, events: LaneEvents) {
    this.tuning = tuning;
    this.events = events;
  }

  /** False: dropped. An empty lane takes any legal frame, whatever its budget. */
  take(frame: Uint8Array, isUrgent: boolean): boolean {
    const lane = isUrgent ? this.urgent : this.bulk;
    const { bytesMax, urgentBytesMax } = this.tuning;
    const bytes = lane.bytes + frame.length;
    const isTaken = lane.bytes === 0 || bytes <= (isUrgent ? urgentBytesMax : bytesMax);
    if (isTaken) {
      lane.bytes = bytes;
      lane.frames.push(frame);
      this.pump();
    }
    // Said early: what the sender has in hand by then shall still find room.
    if (!isUrgent && (!isTaken || this.bulk.bytes * 4 > bytesMax)) this.sayFull();
    return isTaken;
  }

  /** The life is over, with everything in it. */
  close(): void {
    this.isOver = true;
  }

  private pump(): void {
    while (!this.isOver && this.transportBytes < this.tuning.transportBytes) {
      const lane = this.urgent.frames.length > 0 ? this.urgent : this.bulk;
      const frame = lane.frames.shift();
      if (frame === undefined) return;
      this.transportBytes += frame.length;
      this.events.write(frame, () => {
        this.transportBytes -= frame.length;
        lane.bytes -= frame.length;
        if (this.isOver) return;
        this.sayRoom();
        this.pump();
      });
    }
  }

  private sayFull(): void {
    if (this.isFull) return;
    this.isFull = true;
    this.events.onFull();
  }

  private sayRoom(): void {
    if (!this.isFull || this.bulk.bytes * 16 > this.tuning.bytesMax) return;
    this.isFull = false;
    this.events.onRoom();
  }
}
