// What goes into the next entry: as much of the queue, in its order, as one entry takes.

import { NEWEST_LEVEL } from "../machine/levels/known.js";
import type { QueuedIntent, Replica } from "../member/replica.js";

interface NextEntry {
  readonly taken: QueuedIntent[];
  /** Places that they take. */
  readonly rows: number;
  /** Messages that they make ready. */
  readonly coming: number;
  readonly leases: number;
}

interface EntryRoom {
  readonly entryIntentsMax: number;
  readonly entryBytesMax: number;
  readonly leasesMax: number;
}

/** The first one is taken however large it is. */
export function nextEntry(queue: readonly QueuedIntent[], room: EntryRoom): NextEntry {
  const taken: QueuedIntent[] = [];
  let rows = 0;
  let bytes = 0;
  let coming = 0;
  let leases = 0;
  for (const queued of queue) {
    const isOver =
      rows + queued.rows > room.entryIntentsMax ||
      bytes + queued.intent.length > room.entryBytesMax ||
      leases + queued.leases > room.leasesMax;
    if (taken.length > 0 && isOver) break;
    rows += queued.rows;
    bytes += queued.intent.length;
    leases += queued.leases;
    if (queued.isEnqueue || queued.isReturn) coming += queued.rows;
    taken.push(queued);
  }
  return { taken, rows, coming, leases };
}

/** What apply grants in one entry; a group that has not begun is begun by this very leader. */
export function entryLeasesMax({ machine }: Replica): number {
  const level = machine.kind === "partition" ? machine.partition.level : undefined;
  return (level ?? NEWEST_LEVEL).entryLeasesMax;
}
