// The deliveries of a session by number, from when they are written: what a number stands for when the client settles
// it. A number leaves when its lease was settled, given back or is over (D-95). Invariant:
//   RING1 numbers are given in the order of writing, from 1 and without a gap, and never again.

import type { PartitionPlace } from "../cluster/cluster-state.js";
import type { LeaseName } from "../lib/lease-name.js";
import { SequenceTable } from "../lib/sequence-table.js";

export interface Delivery extends LeaseName {
  readonly place: PartitionPlace;
  readonly mac: Uint8Array;
  /** Of the consumer. */
  readonly clientStream: number;
  /** The lease is over on this node's clock. */
  overMs: number;
  /** The client's handler has it: it counts, whatever happens to the session (D-94). */
  isStarted: boolean;
}

export class DeliveryRing {
  private readonly table = new SequenceTable<Delivery>();
  private next = 1;

  get size(): number {
    return this.table.size;
  }

  add(delivery: Delivery): void {
    this.table.set(this.next, delivery);
    this.next += 1;
  }

  get(number: number): Delivery | undefined {
    return this.table.get(number);
  }

  remove(number: number): void {
    this.table.delete(number);
  }

  /** Of a range that may be of any length: only what is here is walked. */
  start(first: number, count: number): void {
    const last = Math.min(first + count, this.next);
    if (count > this.table.size * 4) {
      for (const [number, delivery] of this.table.entries()) {
        if (number >= first && number < last) delivery.isStarted = true;
      }
      return;
    }
    for (let number = first; number < last; number += 1) {
      const delivery = this.table.get(number);
      if (delivery) delivery.isStarted = true;
    }
  }

  /** Those whose lease is over leave. */
  sweep(nowMs: number): void {
    for (const [number, { overMs }] of this.table.entries()) {
      if (nowMs >= overMs) this.table.delete(number);
    }
  }

  *entries(): Generator<[number, Delivery]> {
    yield* this.table.entries();
  }
}
