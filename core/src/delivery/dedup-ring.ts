// Sequences with the messages they made: a ring in the order of arrival beside a look-up by sequence, in
// typed arrays (D-16). Taking out the oldest costs the same however many came before; a Map would walk
// over all that was deleted before it.

import { assert } from "../lib/assert.js";
import { PairTable } from "../lib/pair-table.js";
import type { MessagePlace } from "./message-place.js";

const CAPACITY_MIN = 16;
/** What nine typed arrays cost beside what they hold. */
const ARRAYS_BYTES = 1200;

export class DedupRing {
  private readonly max: number;
  private readonly rows = new PairTable();
  private capacity = 0;
  private sequenceHi = new Uint32Array(0);
  private sequenceLo = new Uint32Array(0);
  private index = new Float64Array(0);
  private offset = new Uint16Array(0);
  private stampMs = new Float64Array(0);
  /** Row of the oldest, and how many there are. */
  private oldest = 0;
  size = 0;

  constructor(max: number) {
    this.max = max;
  }

  /** Bytes of the arrays, look-up included. */
  get heldBytes(): number {
    return ARRAYS_BYTES + this.capacity * 26 + this.rows.heldBytes;
  }

  get isFull(): boolean {
    return this.size >= this.max;
  }

  find(hi: number, lo: number): MessagePlace | undefined {
    const row = this.rows.get(hi, lo);
    return row < 0 ? undefined : this.placeAt(row);
  }

  /** Puts in a sequence that is not there; the window must not be full. */
  add(hi: number, lo: number, place: MessagePlace): void {
    assert(!this.isFull, "Q8: a full dedup window first gives up its oldest");
    if (this.size === this.capacity) this.grow();
    const row = (this.oldest + this.size) % this.capacity;
    this.sequenceHi[row] = hi;
    this.sequenceLo[row] = lo;
    this.index[row] = place.index;
    this.offset[row] = place.offset;
    this.stampMs[row] = place.stampMs;
    this.rows.set(hi, lo, row);
    this.size += 1;
  }

  /** Takes out the sequence that came first, after showing it. */
  dropOldest(visit: (hi: number, lo: number, place: MessagePlace) => void): void {
    assert(this.size > 0, "Q8: only a window that holds something can drop its oldest");
    const row = this.oldest;
    const hi = this.sequenceHi[row];
    const lo = this.sequenceLo[row];
    visit(hi, lo, this.placeAt(row));
    this.rows.delete(hi, lo);
    this.oldest = (row + 1) % this.capacity;
    this.size -= 1;
  }

  private placeAt(row: number): MessagePlace {
    return { index: this.index[row], offset: this.offset[row], stampMs: this.stampMs[row] };
  }

  /** Doubles the ring; the oldest moves to row 0, so every row gets a new number. */
  private grow(): void {
    const capacity = Math.min(Math.max(CAPACITY_MIN, this.capacity * 2), this.max);
    const from = this.oldest;
    this.sequenceHi = unrolled(this.sequenceHi, from, new Uint32Array(capacity));
    this.sequenceLo = unrolled(this.sequenceLo, from, new Uint32Array(capacity));
    this.index = unrolled(this.index, from, new Float64Array(capacity));
    this.offset = unrolled(this.offset, from, new Uint16Array(capacity));
    this.stampMs = unrolled(this.stampMs, from, new Float64Array(capacity));
    this.capacity = capacity;
    this.oldest = 0;
    for (let row = 0; row < this.size; row += 1) {
      this.rows.set(this.sequenceHi[row], this.sequenceLo[row], row);
    }
  }
}

/** Copies a full ring into a larger array, from its oldest on. */
function unrolled<T extends Uint32Array | Uint16Array | Float64Array>(
  ring: T,
  from: number,
  into: T,
): T {
  into.set(ring.subarray(from), 0);
  into.set(ring.subarray(0, from), ring.length - from);
  return into;
}
