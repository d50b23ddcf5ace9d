// Q1: an acknowledged enqueue is never lost. Judged only where the history says it was drained, and
// only for topics whose messages can leave by an ack alone.
import type { MessageRecord, QueueHistory } from "./queue-history.js";
import { topicFacts } from "./queue-history.js";
import { FirstViolation, nameOf } from "./first-violation.js";
import type { Violation } from "./violation.js";

function mayBeAcked(record: MessageRecord): boolean {
  return record.settles.some((settle) => settle.kind === "ack" && settle.outcome !== "fail");
}

export function checkNoLoss(history: QueueHistory): Violation | undefined {
  const first = new FirstViolation(history.lines, "Q1");
  for (const record of history.messages.values()) {
    const facts = topicFacts(history, record.topic);
    const enqueue = record.enqueues[0];
    if (enqueue === undefined || facts.drainedAt < 0 || facts.lossy) continue;
    if (record.remaining.length > 0 || mayBeAcked(record)) continue;
    const last = record.deliveries.at(-1);
    first.offer([enqueue.ret, last?.ret ?? -1, facts.drainedAt], () => {
      const seen = last === undefined ? "was never delivered" : "was delivered but never acked";
      return (
        `${nameOf(record)} is lost: its enqueue was acknowledged, it ${seen}, and it is not among ` +
        "the messages that remained when the topic was drained"
      );
    });
  }
  return first.get();
}
