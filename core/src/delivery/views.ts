// Read-only views of a partition: the best candidates as a ladder, a peek in the contract's order.
// Nothing here changes state.

import type { Slot } from "../lib/brands.js";
import type { IndexedHeap } from "../heap/indexed-heap.js";
import { compareInt64 } from "../lib/int64.js";
import type { PartitionState } from "./partition-state.js";

interface Rung {
  readonly hi: number;
  readonly lo: number;
  count: number;
}

/** The best `count` ready messages as run lengths of priorities, best first (D-5). */
export function ladder(p: PartitionState, count: number): { rungs: Rung[]; hasMore: boolean } {
  const m = p.messages;
  const rungs: Rung[] = [];
  for (const slot of bestOf(p, [p.ready], count)) {
    const hi = m.priorityHi[slot];
    const lo = m.priorityLo[slot];
    const last = rungs.at(-1);
    if (last && compareInt64(last.hi, last.lo, hi, lo) === 0) last.count += 1;
    else rungs.push({ hi, lo, count: 1 });
  }
  return { rungs, hasMore: p.ready.size > count };
}

/** The first slots of heaps of that order, in order: a best-first walk over them, O(count log count). */
function bestOf(p: PartitionState, heaps: readonly IndexedHeap[], count: number): number[] {
  const found: number[] = [];
  // Places whose parent was taken, worst first; few, so a sorted array serves as the queue.
  const frontier: Place[] = [];
  for (const heap of heaps) if (heap.size > 0) insertWorstFirst(p, frontier, { heap, place: 0 });
  while (found.length < count) {
    const next = frontier.pop();
    if (!next) break;
    const { heap, place } = next;
    found.push(heap.at(place));
    for (let child = place * 4 + 1; child < Math.min(place * 4 + 5, heap.size); child += 1) {
      insertWorstFirst(p, frontier, { heap, place: child });
    }
  }
  return found;
}

interface Place {
  readonly heap: IndexedHeap;
  readonly place: number;
}

function insertWorstFirst(p: PartitionState, frontier: Place[], at: Place): void {
  const slot = at.heap.at(at.place);
  let low = 0;
  let high = frontier.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = frontier[middle];
    if (comesBefore(p, other.heap.at(other.place), slot)) high = middle;
    else low = middle + 1;
  }
  frontier.splice(low, 0, at);
}

/** The heap order over any two messages, whatever their state. */
export function comesBefore(p: PartitionState, a: number, b: number): boolean {
  const m = p.messages;
  const c = compareInt64(m.priorityHi[a], m.priorityLo[a], m.priorityHi[b], m.priorityLo[b]);
  if (c !== 0) return p.mode === "MIN" ? c < 0 : c > 0;
  return p.isOlder(a, b);
}

/**
 * Ready and leased ones best first, then delayed ones, then dead ones (wire contract, section 14). A partition
 * may hold millions: of each kind only the best are looked at, about as many as are shown.
 */
export function peek(
  p: PartitionState,
  limit: number,
  includeDead: boolean,
): { slots: Slot[]; hasMore: boolean } {
  const { counts, ready, leased, delayed, dead } = p;
  const kinds = [[ready, leased], [delayed], ...(includeDead ? [[dead]] : [])];
  const slots: Slot[] = [];
  for (const heaps of kinds) slots.push(...bestOf(p, heaps, limit - slots.length));
  const held = counts.totalMessages + (includeDead ? counts.dlqMessages : 0);
  return { slots, hasMore: held > limit };
}
