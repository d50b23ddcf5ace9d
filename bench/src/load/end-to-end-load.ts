// Load from the enqueue to the committed acknowledgement. The window counts *enqueues* only: a place is free
// again once the enqueue is answered, whatever became of its delivery. So a queue that takes messages in
// faster than it hands them out shows it: the backlog grows, and with it the time to the acknowledgement.

import { Histogram } from "../histogram.js";

/** What a lane tells the load. Numbers tell messages apart over all lanes. */
export interface LaneEvents {
  enqueued(number: number): void;
  /** It reached the consumer, of whichever lane; the lane acknowledges by itself. */
  delivered(number: number): void;
  /** The acknowledgement is committed, or, where a queue does not answer acknowledgements, sent. */
  settled(number: number): void;
  /** An operation failed; that of an enqueue frees its place in the window. */
  failed(what: "enqueue" | "settle", error: unknown): void;
}

/** One producer and one consumer. */
export interface Lane {
  enqueue(number: number): void;
}

export interface EndToEndPhase {
  readonly elapsedMs: number;
  readonly enqueued: number;
  readonly settled: number;
  /** Enqueued and not settled, at the end of the phase; at its beginning. */
  readonly behind: number;
  readonly behindBefore: number;
  readonly toEnqueued: Histogram;
  readonly toDelivered: Histogram;
  readonly toSettled: Histogram;
}

const FIRST_ROOM = 1 << 16;

export class EndToEndLoad {
  private readonly nowMs: () => number;
  private readonly lanes: { readonly lane: Lane; readonly window: number }[] = [];
  /** When each message was handed to its lane. */
  private startMs = new Float64Array(FIRST_ROOM);
  private isSettled = new Uint8Array(FIRST_ROOM);
  private next = 0;
  /** Enqueues that ended, well or not. */
  private answered = 0;
  private isStopped = false;
  private onDrained: (() => void) | undefined;
  private phase = { startMs: 0, enqueued: 0, settled: 0 };
  private toEnqueued = new Histogram();
  private toDelivered = new Histogram();
  private toSettled = new Histogram();
  enqueued = 0;
  settled = 0;
  failed = 0;
  firstError: unknown;

  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
  }

  /** What the lane of this place is to call. */
  eventsOf(place: number): LaneEvents {
    return {
      enqueued: (number) => {
        this.enqueued += 1;
        this.answered += 1;
        this.toEnqueued.record(this.nowMs() - this.startOf(number));
        this.sendOne(place);
        this.tellDrained();
      },
      delivered: (number) => {
        if (this.isOpen(number)) this.toDelivered.record(this.nowMs() - this.startOf(number));
      },
      settled: (number) => this.settle(number),
      failed: (what, error) => {
        this.failed += 1;
        this.firstError ??= error;
        if (what === "settle") return;
        this.answered += 1;
        this.sendOne(place);
        this.tellDrained();
      },
    };
  }

  add(lane: Lane, window: number): void {
    this.lanes.push({ lane, window });
  }

  start(): void {
    this.beginPhase();
    for (const [place, { window }] of this.lanes.entries()) {
      for (let i = 0; i < window; i += 1) this.sendOne(place);
    }
  }

  beginPhase(): void {
    this.toEnqueued = new Histogram();
    this.toDelivered = new Histogram();
    this.toSettled = new Histogram();
    this.phase = { startMs: this.nowMs(), enqueued: this.enqueued, settled: this.settled };
  }

  endPhase(): EndToEndPhase {
    const { startMs, enqueued, settled } = this.phase;
    const phase = {
      elapsedMs: this.nowMs() - startMs,
      enqueued: this.enqueued - enqueued,
      settled: this.settled - settled,
      // A queue may hand a message out before it answers its enqueue.
      behind: Math.max(0, this.enqueued - this.settled),
      behindBefore: Math.max(0, enqueued - settled),
      toEnqueued: this.toEnqueued,
      toDelivered: this.toDelivered,
      toSettled: this.toSettled,
    };
    // What ends from here on belongs to another phase.
    this.beginPhase();
    return phase;
  }

  /** Starts no more; resolves once every enqueue is answered and every message that is in is settled. */
  stop(): Promise<void> {
    this.isStopped = true;
    return new Promise((resolve) => {
      this.onDrained = resolve;
      this.tellDrained();
    });
  }

  private startOf(number: number): number {
    return this.startMs[number] ?? 0;
  }

  private isOpen(number: number): boolean {
    return number < this.next && this.isSettled[number] === 0;
  }

  private sendOne(place: number): void {
    if (this.isStopped) return;
    const number = this.next;
    this.next += 1;
    if (number === this.startMs.length) {
      const larger = new Float64Array(number * 2);
      larger.set(this.startMs);
      this.startMs = larger;
      const settled = new Uint8Array(number * 2);
      settled.set(this.isSettled);
      this.isSettled = settled;
    }
    this.startMs[number] = this.nowMs();
    this.lanes[place]?.lane.enqueue(number);
  }

  private settle(number: number): void {
    // A repeat, or of a load before this one.
    if (!this.isOpen(number)) return;
    this.toSettled.record(this.nowMs() - this.startOf(number));
    this.isSettled[number] = 1;
    this.settled += 1;
    this.tellDrained();
  }

  private tellDrained(): void {
    if (!this.isStopped || this.answered < this.next || this.settled < this.enqueued) return;
    this.onDrained?.();
  }
}
