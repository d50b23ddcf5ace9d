// How long a consumer waited for a message that was there: from the later of "its credit arrived" and
// "the message was enqueued" to the write. A message that was given out before has no known moment of
// becoming ready again, so it is not measured.

import type { DeliveredItem } from "@disheap/core";

/** Credit messages remembered at once; a client that sends more in a row is measured from the newest. */
const MARKS_MAX = 256;

interface Mark {
  credits: number;
  readonly sinceMs: number;
}

export class CreditClock {
  private readonly nowMs: () => number;
  private readonly wallMs: () => number;
  private readonly marks: Mark[] = [];

  constructor(nowMs: () => number, wallMs: () => number) {
    this.nowMs = nowMs;
    this.wallMs = wallMs;
  }

  add(credits: number): void {
    if (credits === 0) return;
    const last = this.marks.at(-1);
    if (last !== undefined && this.marks.length >= MARKS_MAX) last.credits += credits;
    else this.marks.push({ credits, sinceMs: this.nowMs() });
  }

  /** Spends the oldest credit on `item`; milliseconds it waited, or undefined when unknown. */
  take(item: Pick<DeliveredItem, "attempts" | "enqueuedMs">): number | undefined {
    const mark = this.marks[0];
    if (mark === undefined) return undefined;
    mark.credits -= 1;
    if (mark.credits === 0) this.marks.shift();
    if (item.attempts > 1) return undefined;
    const sinceCreditMs = this.nowMs() - mark.sinceMs;
    const sinceEnqueueMs = Math.max(0, this.wallMs() - item.enqueuedMs);
    return Math.min(sinceCreditMs, sinceEnqueueMs);
  }
}
