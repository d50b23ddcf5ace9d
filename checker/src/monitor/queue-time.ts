// Q7, as far as a client can see it: the queue's own time in a partition follows the order of its
// log. A delivery that arrived before an enqueue was called cannot carry a grant stamped later than
// that enqueue, and no grant is stamped earlier than the enqueue of its own message.
import type { QueueHistory } from "./queue-history.js";
import { FirstViolation, nameOf } from "./first-violation.js";
import type { Violation } from "./violation.js";

export function checkQueueTime(history: QueueHistory): Violation | undefined {
  const first = new FirstViolation(history.lines, "Q7");
  for (const delivery of history.deliveries) {
    if ((delivery.grantedMs ?? Infinity) < delivery.enqueuedMs) {
      first.offer(
        [delivery.ret],
        () =>
          `${nameOf(delivery)} was granted at ${delivery.grantedMs} ms, before it was enqueued at ` +
          `${delivery.enqueuedMs} ms`,
      );
    }
    if (delivery.earliest <= delivery.ret) continue;
    first.offer(
      [delivery.ret, delivery.earliest],
      () =>
        `${nameOf(delivery)} was delivered with a grant stamped ${delivery.grantedMs} ms, which is ` +
        "later than the stamp of an operation of the same partition that was called afterwards " +
        `(${history.lines[delivery.earliest]?.f})`,
    );
  }
  return first.get();
}
