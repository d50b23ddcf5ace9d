// Read-only views of a partition: the best candidates as a ladder, a peek in the contract's order.
// Nothing here changes state.

import { Best } from "../lib/best.js";
import { compareInt64 } from "../lib/int64.js";
import { State } from "./message-store.js";
import type { PartitionState } from "./partition-state.js";

export interface Rung {
  readonly hi: number;
  readonly lo: number;
  count: number;
}

/** The best `count` ready messages as run lengths of priorities, best first (D-5). */
export function ladder(p: PartitionState, count: number): { rungs: Rung[]; hasMore: boolean } {
  const m = p.messages;
  const rungs: Rung[] = [];
  for (const slot of bestReady(p, count)) {
    const hi = m.priorityHi[slot];
    const lo = m.priorityLo[slot];
    const last = rungs.at(-1);
    if (last && compareInt64(last.hi, last.lo, hi, lo) === 0) last.count += 1;
    else rungs.push({ hi, lo, count: 1 });
  }
  return { rungs, hasMore: p.ready.size > count };
}

/** The best ready slots in order: a best-first walk over the heap, O(count log count). */
function bestReady(p: PartitionState, count: number): number[] {
  const { ready } = p;
  const found: number[] = [];
  // Places whose parent was taken; small, so a sorted array serves as the queue.
  const frontier: number[] = ready.size > 0 ? [0] : [];
  while (found.length < count && frontier.length > 0) {
    const place = frontier.pop() as number;
    found.push(ready.at(place));
    for (let child = place * 4 + 1; child < Math.min(place * 4 + 5, ready.size); child += 1) {
      insertWorstFirst(p, frontier, child);
    }
  }
  return found;
}

function insertWorstFirst(p: PartitionState, frontier: number[], place: number): void {
  const slot = p.ready.at(place);
  let low = 0;
  let high = frontier.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (comesBefore(p, p.ready.at(frontier[middle]), slot)) high = middle;
    else low = middle + 1;
  }
  frontier.splice(low, 0, place);
}

/** The heap order over any two messages, whatever their state. */
export function comesBefore(p: PartitionState, a: number, b: number): boolean {
  const m = p.messages;
  const c = compareInt64(m.priorityHi[a], m.priorityLo[a], m.priorityHi[b], m.priorityLo[b]);
  if (c !== 0) return p.mode === "MIN" ? c < 0 : c > 0;
  return p.isOlder(a, b);
}

/** Ready and leased ones best first, then delayed ones, then dead ones (wire contract, section 14). */
export function peek(
  p: PartitionState,
  limit: number,
  includeDead: boolean,
): { slots: number[]; hasMore: boolean } {
  const m = p.messages;
  const rank = (slot: number): number => {
    if (m.state[slot] === State.delayed) return 1;
    return m.state[slot] === State.dead ? 2 : 0;
  };
  // A partition may hold millions: the limit is what is sorted, the rest is looked at once.
  const best = new Best(limit, (a, b) =>
    rank(a) === rank(b) ? comesBefore(p, a, b) : rank(a) < rank(b),
  );
  m.forEach((slot) => {
    if (includeDead || m.state[slot] !== State.dead) best.offer(slot);
  });
  return { slots: best.inOrder(), hasMore: best.offered > limit };
}
