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

/**
 * Ready and leased ones best first, then delayed ones, then dead ones (wire contract, section 14). A partition
 * may hold millions: of the ready ones only the best are looked at, and what comes later in the order only
 * when what comes before it is too little.
 */
export function peek(
  p: PartitionState,
  limit: number,
  includeDead: boolean,
): { slots: number[]; hasMore: boolean } {
  const { counts, messages: m, ready, timers } = p;
  const best = (): Best => new Best(limit, (a, b) => comesBefore(p, a, b));
  const taken = best();
  for (const slot of bestReady(p, limit)) taken.offer(slot);
  const wantsDelayed = ready.size + counts.inflightMessages < limit;
  const delayed = best();
  for (let place = 0; place < timers.size; place += 1) {
    const slot = timers.at(place);
    if (m.state[slot] === State.leased) taken.offer(slot);
    else if (wantsDelayed) delayed.offer(slot);
  }
  const slots = [...taken.inOrder(), ...delayed.inOrder()];
  if (includeDead && slots.length < limit && counts.dlqMessages > 0) {
    const dead = best();
    m.forEach((slot) => {
      if (m.state[slot] === State.dead) dead.offer(slot);
    });
    slots.push(...dead.inOrder());
  }
  const held = counts.totalMessages + (includeDead ? counts.dlqMessages : 0);
  return { slots: slots.slice(0, limit), hasMore: held > limit };
}
