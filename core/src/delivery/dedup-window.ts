// The last sequences of one producer and epoch, each with the message it made. Many producers send one
// message and never come back: the first sequence stands here alone, and arrays come with the second.

import { assert } from "../lib/assert.js";
import { DedupRing } from "./dedup-ring.js";
import type { MessagePlace } from "./message-place.js";

/** The object and its only sequence. */
const SINGLE_BYTES = 150;

export class DedupWindow {
  private readonly max: number;
  private onlyHi = 0;
  private onlyLo = 0;
  private onlyPlace: MessagePlace | undefined;
  private ring: DedupRing | undefined;

  constructor(max: number) {
    this.max = max;
  }

  get size(): number {
    if (this.ring) return this.ring.size;
    return this.onlyPlace ? 1 : 0;
  }

  get isFull(): boolean {
    return this.size >= this.max;
  }

  get heldBytes(): number {
    return SINGLE_BYTES + (this.ring?.heldBytes ?? 0);
  }

  find(hi: number, lo: number): MessagePlace | undefined {
    if (this.ring) return this.ring.find(hi, lo);
    return this.onlyHi === hi && this.onlyLo === lo ? this.onlyPlace : undefined;
  }

  /** Puts in a sequence that is not there; the window must not be full. */
  add(hi: number, lo: number, place: MessagePlace): void {
    assert(!this.isFull, "Q8: a full dedup window first gives up its oldest");
    if (this.ring === undefined && this.onlyPlace === undefined) {
      this.onlyHi = hi;
      this.onlyLo = lo;
      this.onlyPlace = place;
    } else this.theRing().add(hi, lo, place);
  }

  private theRing(): DedupRing {
    if (this.ring) return this.ring;
    const ring = new DedupRing(this.max);
    if (this.onlyPlace) ring.add(this.onlyHi, this.onlyLo, this.onlyPlace);
    this.onlyPlace = undefined;
    this.ring = ring;
    return ring;
  }

  /** Takes out the sequence that came first, after showing it. */
  dropOldest(visit: (hi: number, lo: number, place: MessagePlace) => void): void {
    assert(this.size > 0, "Q8: only a window that holds something can drop its oldest");
    if (this.ring) this.ring.dropOldest(visit);
    else if (this.onlyPlace) {
      visit(this.onlyHi, this.onlyLo, this.onlyPlace);
      this.onlyPlace = undefined;
    }
  }
}
