// Q13: a message keeps its priority, its payload and its place (enqueued time) through every
// redelivery and to the end. What it was enqueued with is compared by Q2.
import type { Delivery, MessageRecord, QueueHistory } from "./queue-history.js";
import { FirstViolation, nameOf } from "./first-violation.js";
import type { Violation } from "./violation.js";

function difference(one: Delivery, other: Delivery): string | undefined {
  if (one.priority !== other.priority) return `priority ${one.priority}, then ${other.priority}`;
  if (one.payload !== other.payload) return `payload ${one.payload}, then ${other.payload}`;
  if (one.enqueuedMs !== other.enqueuedMs) {
    return `enqueued time ${one.enqueuedMs} ms, then ${other.enqueuedMs} ms`;
  }
  return undefined;
}

function checkRemaining(first: FirstViolation, record: MessageRecord): void {
  const was = record.deliveries[0] ?? record.enqueues.find((enqueue) => !enqueue.duplicate);
  for (const left of record.remaining) {
    if (was === undefined || left.priority === undefined || left.priority === was.priority)
      continue;
    first.offer(
      [was.ret, left.index],
      () =>
        `${nameOf(record)} changed its priority from ${was.priority} to ${left.priority} before ` +
        "the end",
    );
  }
}

export function checkKept(history: QueueHistory): Violation | undefined {
  const first = new FirstViolation(history.lines, "Q13");
  for (const record of history.messages.values()) {
    const one = record.deliveries[0];
    for (const other of record.deliveries) {
      const changed = one === undefined ? undefined : difference(one, other);
      if (one === undefined || changed === undefined) continue;
      first.offer([one.ret, other.ret], () => `${nameOf(record)} was delivered with ${changed}`);
    }
    checkRemaining(first, record);
  }
  return first.get();
}
