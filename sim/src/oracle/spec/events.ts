// The order of events is part of what is specified, but for one thing: leases that one intent shortens have no order
// among themselves.

import type { MachineEvent } from "@disheap/core";
import { byAge } from "./messages.js";

/** Runs of shortened leases by age; everything else as it is. */
export function eventsInOrder(events: readonly MachineEvent[]): readonly MachineEvent[] {
  if (!events.some((e) => e.kind === "message.shortened")) return events;
  const sorted = [...events];
  let from = 0;
  while (from < sorted.length) {
    let to = from;
    while (to < sorted.length && sorted[to]?.kind === "message.shortened") to += 1;
    const run = sorted.slice(from, to).sort(byAge);
    sorted.splice(from, run.length, ...run);
    from = to + 1;
  }
  return sorted;
}
