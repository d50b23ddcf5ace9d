// The parts of one session between its node and a transport, put together to frames as the transport takes them.
//
// W6  A delivery gets its number when it is written, so that numbers have no gap whatever goes back (D-95), and so does
//     `lease_left_ms`: it is what is left then.
// W7  A frame is cut at `FRAME_CUT_BYTES`, or holds one part.
// W8  What was written is reported before the node is told anything that the client says about it: who passes on what
//     a client says calls `report` first.

import type { SessionPart } from "@disheap/core";
import { CarrierQueue, type CarrierHooks } from "./carrier-queue.js";

const FRAME_CUT_BYTES = 1 << 20;
/** What is left to say when the node has ended the session has so long. */
export const SESSION_END_MS_MAX = 5_000;

export interface SessionHooks {
  /** Monotonic, in ms. */
  now(): number;
  /** The transport takes nothing now; `pendingBytes` more are about to be given to it. */
  isBlocked(pendingBytes: number): boolean;
  /** The transport takes the frame. */
  send(frame: Uint8Array): void;
  /** Wants a call of `report` soon: one for all that is written until then. */
  reportSoon(): void;
  /** Deliveries that were not taken and never will be. */
  onReturned?(parts: readonly SessionPart[]): void;
  readonly tell: CarrierHooks<SessionPart>["tell"];
}

export class SessionQueue {
  private readonly hooks: SessionHooks;
  private readonly queue: CarrierQueue<SessionPart>;
  private frame: Uint8Array[] = [];
  private frameBytes = 0;
  private nextDelivery = 1;

  constructor(hooks: SessionHooks) {
    this.hooks = hooks;
    this.queue = new CarrierQueue({
      now: () => hooks.now(),
      isBlocked: () => hooks.isBlocked(this.frameBytes),
      write: (part, until) => this.write(part, until),
      reportSoon: () => hooks.reportSoon(),
      onReturned: (parts) => hooks.onReturned?.(parts),
      tell: hooks.tell,
    });
  }

  get waiting(): number {
    return this.queue.waiting;
  }

  get isOver(): boolean {
    return this.queue.isOver;
  }

  hand(parts: readonly SessionPart[]): void {
    const now = this.hooks.now();
    for (const part of parts) {
      this.queue.hand(part, part.rows === 0 ? Infinity : now + part.leaseLeftMs);
    }
  }

  /** Writes what the transport takes. To be called whenever it may take something, and after a hand, recall or end. */
  pump(): void {
    this.queue.pump();
    this.send();
  }

  recall(): void {
    this.queue.recall();
  }

  end(): void {
    this.queue.end();
  }

  cancel(): void {
    this.queue.cancel();
  }

  lost(): void {
    this.queue.lost();
  }

  report(): void {
    this.queue.report();
  }

  private write(part: SessionPart, until: number): undefined {
    const leaseLeftMs = part.rows === 0 ? 0 : Math.floor(until - this.hooks.now());
    const bytes = part.encode(this.nextDelivery, leaseLeftMs);
    if (this.frameBytes + bytes.length > FRAME_CUT_BYTES) this.send();
    this.frame.push(bytes);
    this.frameBytes += bytes.length;
    this.nextDelivery += part.rows;
  }

  private send(): void {
    const { frame, frameBytes } = this;
    if (frame.length === 0) return;
    this.frame = [];
    this.frameBytes = 0;
    this.hooks.send(frame.length === 1 ? frame[0] : joined(frame, frameBytes));
  }
}

/** A message of protobuf is the fields of its pieces, one after the other. */
function joined(pieces: readonly Uint8Array[], byteCount: number): Uint8Array {
  const whole = new Uint8Array(byteCount);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
