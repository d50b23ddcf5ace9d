// When the led groups' next timers are due, soonest first (D-19), so that a turn need not look at every
// group of the node to know whether one is due.

import { IndexedHeap } from "../heap/indexed-heap.js";
import type { Replica } from "./replica.js";

export class DueGroups {
  /** A group has a seat while it waits: a small number for the heap, since group ids only grow. */
  private readonly seats: (Replica | undefined)[] = [];
  private readonly seatOf = new Map<Replica, number>();
  private readonly free: number[] = [];
  private readonly heap = new IndexedHeap((a, b) => this.before(a, b));

  /** How many groups wait. */
  get size(): number {
    return this.seatOf.size;
  }

  /** Sets when the group is due, by the node's monotonic clock; Infinity: it waits for nothing. */
  set(slot: Replica, dueMs: number): void {
    if (slot.isRemoved) return;
    const seat = this.seatOf.get(slot);
    if (slot.dueMs === dueMs && (seat !== undefined || dueMs === Infinity)) return;
    if (dueMs === Infinity) {
      this.delete(slot);
      return;
    }
    slot.dueMs = dueMs;
    if (seat === undefined) this.heap.push(this.sit(slot));
    else this.heap.fix(seat);
  }

  /** The group is gone, or waits for nothing. */
  delete(slot: Replica): void {
    this.leave(slot);
    slot.dueMs = Infinity;
  }

  /** Time of the soonest; Infinity when nothing waits. */
  get firstMs(): number {
    return this.seats[this.heap.first()]?.dueMs ?? Infinity;
  }

  /** Takes out a group that is due by now; it keeps its time, and comes back by `set`. */
  take(nowMs: number): Replica | undefined {
    const slot = this.seats[this.heap.first()];
    if (slot === undefined || slot.dueMs > nowMs) return undefined;
    this.leave(slot);
    return slot;
  }

  private sit(slot: Replica): number {
    const seat = this.free.pop() ?? this.seats.length;
    this.seats[seat] = slot;
    this.seatOf.set(slot, seat);
    return seat;
  }

  private leave(slot: Replica): void {
    const seat = this.seatOf.get(slot);
    if (seat === undefined) return;
    this.heap.remove(seat);
    this.seats[seat] = undefined;
    this.seatOf.delete(slot);
    this.free.push(seat);
  }

  private before(a: number, b: number): boolean {
    const one = this.seats[a];
    const other = this.seats[b];
    if (one === undefined || other === undefined) return false;
    return one.dueMs === other.dueMs ? one.id < other.id : one.dueMs < other.dueMs;
  }
}
