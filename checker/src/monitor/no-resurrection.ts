// Q5: after an ack was answered OK the message never comes back. A grant is later than the ack when
// its fence is greater (an ack is accepted only from the newest grant), or when it cannot have
// happened before the ack returned.
import type { MessageRecord, QueueHistory, Settle } from "./queue-history.js";
import { FirstViolation, nameOf } from "./first-violation.js";
import type { Violation } from "./violation.js";

function checkAfterAck(first: FirstViolation, record: MessageRecord, ack: Settle): void {
  for (const delivery of record.deliveries) {
    if (delivery.fence <= ack.fence && delivery.earliest < ack.ret) continue;
    // Delivered before the ack was called: the ack's token was stale, which is Q4's to tell.
    if (delivery.ret < ack.call) continue;
    first.offer(
      [ack.ret, delivery.ret],
      () =>
        `${nameOf(record)} came back: its ack with fence ${ack.fence} was answered OK, and it ` +
        `was granted again with fence ${delivery.fence}`,
    );
  }
  for (const left of record.remaining) {
    first.offer(
      [ack.ret, left.index],
      () =>
        `${nameOf(record)} came back: its ack with fence ${ack.fence} was answered OK, and it ` +
        `is still there (${left.state}) at the end`,
    );
  }
}

export function checkNoResurrection(history: QueueHistory): Violation | undefined {
  const first = new FirstViolation(history.lines, "Q5");
  for (const record of history.messages.values()) {
    const acks = record.settles.filter(
      (settle) => settle.kind === "ack" && settle.outcome === "ok",
    );
    for (const ack of acks) checkAfterAck(first, record, ack);
    const one = acks[0];
    const other = acks.find((ack) => ack.fence !== one?.fence);
    if (one !== undefined && other !== undefined) {
      first.offer(
        [one.ret, other.ret],
        () => `${nameOf(record)} was acked twice, with fences ${one.fence} and ${other.fence}`,
      );
    }
  }
  return first.get();
}
