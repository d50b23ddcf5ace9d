// What waits to be sent to one peer, in two lanes (D-90): urgent messages, which keep elections, beats and
// acknowledgements alive, leave first and in frames of their own; everything else leaves in order, within a
// budget of bytes per turn, and waits here while the link is full. Both lanes fall with the link. Invariant:
//   OUT1 what is cut came since the mark: nothing leaves, and nothing else is cut, between mark and cut.

import { assert } from "../lib/assert.js";
import type { FrameBuilder } from "../wire/frames.js";
import type { PeerMessage } from "../wire/messages.js";

interface TakenFrame {
  readonly frame: Uint8Array;
  readonly isUrgent: boolean;
}

/** Of every kind: one without a lane does not compile. */
const LANES: Readonly<Record<PeerMessage["kind"], "urgent" | "bulk">> = {
  "pre-vote": "urgent",
  "pre-vote.reply": "urgent",
  vote: "urgent",
  "vote.reply": "urgent",
  "timeout-now": "urgent",
  append: "bulk",
  "append.untaken": "urgent",
  "append.reply": "urgent",
  beat: "urgent",
  "beat.reply": "urgent",
  ping: "urgent",
  pong: "urgent",
  formation: "bulk",
  request: "bulk",
  reply: "bulk",
  "grant.request": "bulk",
  granted: "bulk",
  ask: "bulk",
  ladder: "bulk",
  digest: "bulk",
  "digest.request": "bulk",
};

export class Outbox {
  private readonly urgent: PeerMessage[] = [];
  private bulk: PeerMessage[] = [];
  private urgentMark = 0;
  private bulkMark = 0;
  /** Bulk that left in this turn, which asks for frames twice. */
  private turnBytes = 0;

  push(message: PeerMessage): void {
    (LANES[message.kind] === "urgent" ? this.urgent : this.bulk).push(message);
  }

  get isEmpty(): boolean {
    return this.urgent.length === 0 && this.bulk.length === 0;
  }

  get hasBulk(): boolean {
    return this.bulk.length > 0;
  }

  beginTurn(): void {
    this.turnBytes = 0;
  }

  /** Discards the appends of a group that wait here. */
  dropAppends(group: number): void {
    const isKept = (m: PeerMessage): boolean => m.kind !== "append" || m.group !== group;
    this.bulkMark = this.bulk.slice(0, this.bulkMark).filter(isKept).length;
    this.bulk = this.bulk.filter(isKept);
  }

  /** Notes what waits as a step begins. */
  mark(): void {
    this.urgentMark = this.urgent.length;
    this.bulkMark = this.bulk.length;
  }

  /** Discards what came since the mark. */
  cut(): void {
    const isSince = this.urgentMark <= this.urgent.length && this.bulkMark <= this.bulk.length;
    assert(isSince, "OUT1: what is cut came since the mark");
    this.urgent.length = this.urgentMark;
    this.bulk.length = this.bulkMark;
  }

  take(
    builder: FrameBuilder,
    bulkBytesMax: number,
    sent: (message: PeerMessage) => void,
  ): readonly TakenFrame[] {
    const frames: TakenFrame[] = [];
    for (const message of this.urgent) {
      sent(message);
      const full = builder.add(message);
      if (full) frames.push({ frame: full, isUrgent: true });
    }
    if (builder.count > 0) frames.push({ frame: builder.take(), isUrgent: true });
    this.urgent.length = 0;
    this.takeBulk(builder, frames, bulkBytesMax, sent);
    return frames;
  }

  private takeBulk(
    builder: FrameBuilder,
    frames: TakenFrame[],
    bytesMax: number,
    sent: (message: PeerMessage) => void,
  ): void {
    let taken = 0;
    while (
      taken < this.bulk.length &&
      this.turnBytes + (builder.count === 0 ? 0 : builder.bytes) < bytesMax
    ) {
      const message = this.bulk[taken];
      taken += 1;
      sent(message);
      const full = builder.add(message);
      if (!full) continue;
      this.turnBytes += full.length;
      frames.push({ frame: full, isUrgent: false });
    }
    if (builder.count > 0) {
      const frame = builder.take();
      this.turnBytes += frame.length;
      frames.push({ frame, isUrgent: false });
    }
    this.bulk = taken === this.bulk.length ? [] : this.bulk.slice(taken);
  }
}
