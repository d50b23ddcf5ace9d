// When the led groups' next timers are due, soonest first (D-19), so that a turn need not look at every
// group of the node to know whether one is due. Invariants:
//   DUE1 who waits has one seat, and every seat that is taken is in the heap;
//   DUE2 a group that was removed waits for nothing.

import { assert } from "../lib/assert.js";
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
  set(replica: Replica, dueMs: number): void {
    if (replica.isRemoved) return;
    const seat = this.seatOf.get(replica);
    if (replica.dueMs === dueMs && (seat !== undefined || dueMs === Infinity)) return;
    if (dueMs === Infinity) {
      this.delete(replica);
      return;
    }
    replica.dueMs = dueMs;
    if (seat === undefined) this.heap.push(this.sit(replica));
    else this.heap.fix(seat);
    this.assertSeats();
  }

  /** The group is gone, or waits for nothing. */
  delete(replica: Replica): void {
    this.leave(replica);
    replica.dueMs = Infinity;
  }

  /** Time of the soonest; Infinity when nothing waits. */
  get firstMs(): number {
    return this.seats[this.heap.first()]?.dueMs ?? Infinity;
  }

  /** Takes out a group that is due by now; it keeps its time, and comes back by `set`. */
  take(nowMs: number): Replica | undefined {
    const replica = this.seats[this.heap.first()];
    if (replica === undefined || replica.dueMs > nowMs) return undefined;
    assert(!replica.isRemoved, "DUE2: a group that was removed waits for nothing");
    this.leave(replica);
    return replica;
  }

  private sit(replica: Replica): number {
    const seat = this.free.pop() ?? this.seats.length;
    this.seats[seat] = replica;
    this.seatOf.set(replica, seat);
    return seat;
  }

  private leave(replica: Replica): void {
    const seat = this.seatOf.get(replica);
    if (seat === undefined) return;
    this.heap.remove(seat);
    this.seats[seat] = undefined;
    this.seatOf.delete(replica);
    this.free.push(seat);
    this.assertSeats();
  }

  private assertSeats(): void {
    const isWhole = this.heap.size === this.seatOf.size;
    const isCounted = this.seats.length === this.seatOf.size + this.free.length;
    assert(isWhole && isCounted, "DUE1: who waits has one seat, which is in the heap");
  }

  private before(a: number, b: number): boolean {
    const one = this.seats[a];
    const other = this.seats[b];
    if (one === undefined || other === undefined) return false;
    return one.dueMs === other.dueMs ? one.id < other.id : one.dueMs < other.dueMs;
  }
}
