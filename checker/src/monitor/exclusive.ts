// Q3: a message is under at most one live lease. Client clocks cannot prove this, so lease ends are
// taken from the queue's own time: a lease that nobody settled lives until its deadline, or until it
// was cut short after a disconnect, which takes at least the grace time after the grant.
import type { Delivery, MessageRecord, QueueHistory } from "./queue-history.js";
import { FirstViolation, nameOf } from "./first-violation.js";
import type { Violation } from "./violation.js";

export interface ExclusiveOptions {
  /** The shortest time after its grant at which the queue may cut a lease short. Default 5000. */
  readonly disconnectGraceMs?: number;
}

function mayBeSettled(record: MessageRecord, lease: Delivery, next: Delivery): boolean {
  return record.settles.some(
    (settle) =>
      settle.kind !== "extend" &&
      settle.fence === lease.fence &&
      settle.outcome !== "fail" &&
      settle.call < next.ret,
  );
}

function earliestEndMs(record: MessageRecord, lease: Delivery, graceMs: number): number {
  const told = record.ends.filter((end) => end.fence === lease.fence);
  if (told.length > 0) return Math.min(...told.map((end) => end.atMs));
  return Math.min(lease.deadlineMs, (lease.grantedMs ?? -Infinity) + graceMs);
}

export function checkExclusive(
  history: QueueHistory,
  options: ExclusiveOptions = {},
): Violation | undefined {
  const graceMs = options.disconnectGraceMs ?? 5000;
  const first = new FirstViolation(history.lines, "Q3");
  for (const record of history.messages.values()) {
    record.deliveries.forEach((next, at) => {
      const lease = record.deliveries[at - 1];
      if (lease === undefined || lease.fence === next.fence) return;
      if (next.grantedMs === undefined || mayBeSettled(record, lease, next)) return;
      const endMs = earliestEndMs(record, lease, graceMs);
      if (next.grantedMs >= endMs) return;
      const told = record.ends.find((end) => end.fence === lease.fence && end.atMs === endMs);
      first.offer(
        [lease.ret, next.ret, told?.index ?? -1],
        () =>
          `${nameOf(record)} was with two consumers at once: the lease with fence ${lease.fence} ` +
          `was neither acked nor nacked and lives at least until ${endMs} ms, and fence ` +
          `${next.fence} was granted at ${next.grantedMs} ms of the partition's time`,
      );
    });
  }
  return first.get();
}
