// Q11: nothing is granted before its time, in the queue's own time: neither a delayed enqueue nor a
// nack whose backoff the consumer chose. Backoff with jitter may be zero and is not judged.
import type { Delivery, MessageRecord, QueueHistory, Settle } from "./queue-history.js";
import { FirstViolation, nameOf } from "./first-violation.js";
import type { Violation } from "./violation.js";

function checkEnqueueDelay(first: FirstViolation, record: MessageRecord): void {
  const enqueue = record.enqueues.find((candidate) => !candidate.duplicate);
  if (enqueue === undefined || enqueue.delayMs <= 0) return;
  for (const delivery of record.deliveries) {
    const readyMs = delivery.enqueuedMs + enqueue.delayMs;
    if (delivery.grantedMs === undefined || delivery.grantedMs >= readyMs) continue;
    first.offer(
      [enqueue.call, delivery.ret],
      () =>
        `${nameOf(record)} was enqueued at ${delivery.enqueuedMs} ms with a delay of ` +
        `${enqueue.delayMs} ms but granted at ${delivery.grantedMs} ms`,
    );
  }
}

/** The nack whose backoff certainly applied to this lease: several of one fence keep the shortest. */
function decidingNack(record: MessageRecord, lease: Delivery): Settle | undefined {
  const nacks = record.settles.filter(
    (settle) => settle.kind === "nack" && settle.fence === lease.fence && settle.outcome !== "fail",
  );
  if (!nacks.some((nack) => nack.outcome === "ok")) return undefined;
  return nacks.sort((a, b) => (a.backoffMs ?? 0) - (b.backoffMs ?? 0))[0];
}

function checkBackoff(first: FirstViolation, record: MessageRecord): void {
  record.deliveries.forEach((next, at) => {
    const lease = record.deliveries[at - 1];
    if (lease?.grantedMs === undefined || next.grantedMs === undefined) return;
    const nack = decidingNack(record, lease);
    if (nack === undefined || lease.fence >= next.fence) return;
    const backoffMs = nack.backoffMs ?? 0;
    if (next.grantedMs >= lease.grantedMs + backoffMs) return;
    first.offer(
      [lease.ret, nack.call, next.ret],
      () =>
        `${nameOf(record)} was granted at ${lease.grantedMs} ms, nacked with a backoff of ` +
        `${backoffMs} ms, and granted again at ${next.grantedMs} ms already`,
    );
  });
}

export function checkDelay(history: QueueHistory): Violation | undefined {
  const first = new FirstViolation(history.lines, "Q11");
  for (const record of history.messages.values()) {
    checkEnqueueDelay(first, record);
    checkBackoff(first, record);
  }
  return first.get();
}
