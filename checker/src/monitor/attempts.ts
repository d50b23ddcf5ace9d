// Q9: every delivery counts, none is forgotten. Attempts are at least the number of deliveries that clients
// saw and did not give back, and between two of them they grow at most by the number of grants. They may
// shrink: a grant that was never handed over is taken back, also after it counted as expired. A replay of dead
// letters starts anew.
import type { Delivery, MessageRecord, QueueHistory } from "./queue-history.js";
import { distinctFences, topicFacts } from "./queue-history.js";
import { FirstViolation, nameOf } from "./first-violation.js";
import type { Violation } from "./violation.js";

function checkPair(
  first: FirstViolation,
  record: MessageRecord,
  before: Delivery,
  after: Delivery,
): void {
  const grants = after.fence - before.fence;
  if (grants <= 0) return;
  const grew = after.attempts - before.attempts;
  const known = record.deliveries.filter(({ fence }) => fence <= after.fence);
  const back = record.settles.filter(
    ({ kind, outcome, call }) => kind === "release" && outcome !== "fail" && call < after.ret,
  );
  const least = distinctFences(known) - distinctFences(back);
  if (after.attempts >= least && grew <= grants) return;
  first.offer([before.ret, after.ret], () => {
    const said =
      grew <= grants
        ? "a delivery was not counted"
        : `it grew by ${grew} although only ${grants} grants lie between`;
    return (
      `attempts of ${nameOf(record)} went from ${before.attempts} (fence ${before.fence}) to ` +
      `${after.attempts} (fence ${after.fence}): ${said}`
    );
  });
}

export function checkAttempts(history: QueueHistory): Violation | undefined {
  const first = new FirstViolation(history.lines, "Q9");
  for (const record of history.messages.values()) {
    const replayed = topicFacts(history, record.topic).replayed;
    record.deliveries.forEach((delivery, at) => {
      if (delivery.attempts < 1 || delivery.attempts > delivery.fence) {
        first.offer(
          [delivery.ret],
          () =>
            `${nameOf(record)} was delivered as attempt ${delivery.attempts} under fence ` +
            `${delivery.fence}: attempts must lie between 1 and the number of grants`,
        );
      }
      const before = record.deliveries[at - 1];
      if (before !== undefined && !replayed) checkPair(first, record, before, delivery);
    });
  }
  return first.get();
}
