// Q4: the fence of a message grows with every grant, and a token that a later grant made stale does
// nothing. Grant order comes from real time (one delivery arrived before the other's grant could
// happen) and from the queue's own time; never from client clocks.
import type { Delivery, MessageRecord, QueueHistory, Settle } from "./queue-history.js";
import { FirstViolation, nameOf } from "./first-violation.js";
import type { Violation } from "./violation.js";

function checkGrowth(first: FirstViolation, record: MessageRecord): void {
  const { deliveries } = record;
  let lastStart: Delivery | undefined;
  let lastGrant: Delivery | undefined;
  let previous: Delivery | undefined;
  for (const delivery of deliveries) {
    if (previous !== undefined && previous.fence === delivery.fence) {
      const before = previous;
      first.offer(
        [before.ret, delivery.ret],
        () => `${nameOf(record)} was delivered twice with the same fence ${delivery.fence}`,
      );
    } else if (lastStart !== undefined && delivery.ret < lastStart.earliest) {
      const later = lastStart;
      first.offer([delivery.ret, later.ret], () => wentBack(record, delivery, later));
    } else if ((delivery.grantedMs ?? Infinity) < (lastGrant?.grantedMs ?? -Infinity)) {
      const later = lastGrant;
      if (later !== undefined) {
        first.offer([delivery.ret, later.ret], () => wentBack(record, delivery, later));
      }
    }
    if (lastStart === undefined || delivery.earliest > lastStart.earliest) lastStart = delivery;
    if ((delivery.grantedMs ?? -Infinity) > (lastGrant?.grantedMs ?? -Infinity)) {
      lastGrant = delivery;
    }
    previous = delivery;
  }
}

function wentBack(record: MessageRecord, before: Delivery, after: Delivery): string {
  return (
    `the fence of ${nameOf(record)} went back: it was granted with fence ${before.fence} and ` +
    `later with fence ${after.fence}`
  );
}

/** A repeated nack is answered OK again, so only the first with its fence can prove anything. */
function repeatsNack(record: MessageRecord, settle: Settle): boolean {
  return (
    settle.kind === "nack" &&
    record.settles.some(
      (other) =>
        other !== settle &&
        other.kind === "nack" &&
        other.fence === settle.fence &&
        other.outcome !== "fail" &&
        other.call < settle.ret,
    )
  );
}

function checkStale(first: FirstViolation, record: MessageRecord): void {
  const newest = record.deliveries.at(-1);
  for (const settle of record.settles) {
    if (settle.outcome !== "ok") continue;
    const own = record.deliveries.find((delivery) => delivery.fence === settle.fence);
    if (own === undefined || own.ret > settle.ret) {
      first.offer(
        [settle.call, settle.ret],
        () =>
          `${settle.kind} of ${nameOf(record)} with fence ${settle.fence} was accepted, but that ` +
          "fence had not been delivered to anyone",
      );
      continue;
    }
    // A lease that ran out may be given back later, once, whatever was granted since.
    if (settle.kind === "release") continue;
    if (newest === undefined || newest.fence <= settle.fence || repeatsNack(record, settle)) {
      continue;
    }
    const later = record.deliveries.find(
      (delivery) => delivery.fence > settle.fence && delivery.ret < settle.call,
    );
    if (later === undefined) continue;
    first.offer(
      [later.ret, settle.ret],
      () =>
        `${settle.kind} of ${nameOf(record)} with the stale fence ${settle.fence} was accepted ` +
        `after fence ${later.fence} had been delivered`,
    );
  }
}

export function checkFencing(history: QueueHistory): Violation | undefined {
  const first = new FirstViolation(history.lines, "Q4");
  for (const record of history.messages.values()) {
    checkGrowth(first, record);
    checkStale(first, record);
  }
  return first.get();
}
