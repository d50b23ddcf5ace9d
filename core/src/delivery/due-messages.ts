// How many messages the next entry makes ready by its stamp alone: delayed ones whose time has come. Leases
// that end are not among them: a failed delivery waits for its backoff first. Read only.

import { State } from "./message-store.js";
import type { PartitionState } from "./partition-state.js";

/** Places that are looked at: no more timers fire with one entry, and a walk at every entry must be short. */
const VISITS_MAX = 4096;

/** Delayed messages due after `sinceMs` and by `untilMs`, up to `most`: a walk over the top of a heap. */
export function dueMessages(
  p: PartitionState,
  sinceMs: number,
  untilMs: number,
  most: number,
): number {
  const { timers, messages: m } = p;
  const timeMs = (place: number): number =>
    place < timers.size ? m.timeMs[timers.at(place)] : Infinity;
  let found = 0;
  let visits = 0;
  // Places of the heap whose parent was due.
  const open = [0];
  for (let place = open.pop(); place !== undefined && found < most; place = open.pop()) {
    if (timeMs(place) > untilMs) continue;
    visits += 1;
    if (visits > VISITS_MAX) break;
    if (timeMs(place) > sinceMs && m.state[timers.at(place)] === State.delayed) found += 1;
    for (let child = place * 4 + 1; child <= place * 4 + 4; child += 1) open.push(child);
  }
  return found;
}
