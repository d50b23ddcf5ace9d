// An indexed 4-ary heap of slots: the order lives in a comparator over the slots' columns, so that an
// element can be removed or re-placed by its slot in O(log n) without a search.

import { broken } from "../lib/assert.js";

/** True when slot a comes before slot b. Must be a strict total order. */
type Before = (a: number, b: number) => boolean;

const ABSENT = -1;

export class IndexedHeap {
  private readonly before: Before;
  private slots = new Int32Array(16);
  private places = new Int32Array(16).fill(ABSENT);
  size = 0;

  constructor(before: Before) {
    this.before = before;
  }

  has(slot: number): boolean {
    return slot < this.places.length && this.places[slot] !== ABSENT;
  }

  /** The first slot; -1 when empty. */
  first(): number {
    return this.size === 0 ? -1 : this.slots[0];
  }

  /** Slot at a heap place, for best-first walks. */
  at(place: number): number {
    return this.slots[place];
  }

  push(slot: number): void {
    this.reserve(slot);
    if (this.places[slot] !== ABSENT) broken(`heap: slot ${slot} must not be in the heap already`);
    const place = this.size;
    this.size += 1;
    this.slots[place] = slot;
    this.places[slot] = place;
    this.up(place);
  }

  remove(slot: number): void {
    if (!this.has(slot)) broken(`heap: removed slot ${slot} must be in the heap`);
    const place = this.places[slot];
    this.size -= 1;
    this.places[slot] = ABSENT;
    if (place === this.size) return;
    const moved = this.slots[this.size];
    this.slots[place] = moved;
    this.places[moved] = place;
    this.fix(moved);
  }

  /** Re-places a slot whose order changed. */
  fix(slot: number): void {
    const place = this.places[slot];
    this.up(place);
    if (this.places[slot] === place) this.down(place);
  }

  private up(from: number): void {
    const { slots, places, before } = this;
    const slot = slots[from];
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 2;
      const other = slots[parent];
      if (!before(slot, other)) break;
      slots[place] = other;
      places[other] = place;
      place = parent;
    }
    slots[place] = slot;
    places[slot] = place;
  }

  private down(from: number): void {
    const { slots, places, before, size } = this;
    const slot = slots[from];
    let place = from;
    for (;;) {
      const child = place * 4 + 1;
      if (child >= size) break;
      let best = child;
      const end = Math.min(child + 4, size);
      for (let c = child + 1; c < end; c += 1) if (before(slots[c], slots[best])) best = c;
      const other = slots[best];
      if (!before(other, slot)) break;
      slots[place] = other;
      places[other] = place;
      place = best;
    }
    slots[place] = slot;
    places[slot] = place;
  }

  private reserve(slot: number): void {
    if (this.size + 1 > this.slots.length) {
      const grown = new Int32Array(this.slots.length * 2);
      grown.set(this.slots);
      this.slots = grown;
    }
    if (slot >= this.places.length) {
      const grown = new Int32Array(Math.max(slot + 1, this.places.length * 2)).fill(ABSENT);
      grown.set(this.places);
      this.places = grown;
    }
  }
}
