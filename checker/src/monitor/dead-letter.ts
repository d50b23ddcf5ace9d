// Q10: a message moves to the dead letters exactly once, only beyond its retry limit, and is not
// delivered beyond that limit. A full dead-letter queue suspends the limit, so topics that could
// have filled it are not judged.
import type { MessageRecord, QueueHistory, TopicFacts } from "./queue-history.js";
import { distinctFences, topicFacts } from "./queue-history.js";
import { FirstViolation, nameOf } from "./first-violation.js";
import type { Violation } from "./violation.js";

export interface DeadLetterOptions {
  /** Dead letters a topic can hold, shared evenly by its partitions. Default 10000. */
  readonly dlqCapacity?: number;
}

function checkLimit(first: FirstViolation, record: MessageRecord): void {
  for (const delivery of record.deliveries) {
    if (delivery.attempts <= delivery.maxRetries + 1) continue;
    const before = record.deliveries.find((other) => other.fence < delivery.fence);
    first.offer(
      [before?.ret ?? -1, delivery.ret],
      () =>
        `${nameOf(record)} was delivered as attempt ${delivery.attempts} with ` +
        `${delivery.maxRetries} retries allowed; it should be among the dead letters`,
    );
  }
}

function checkMaxRetries(first: FirstViolation, record: MessageRecord): void {
  const asked = record.enqueues.find((enqueue) => !enqueue.duplicate)?.maxRetries;
  const enqueue = record.enqueues[0];
  for (const delivery of record.deliveries) {
    if (asked === undefined || enqueue === undefined || asked === delivery.maxRetries) continue;
    first.offer(
      [enqueue.call, delivery.ret],
      () =>
        `${nameOf(record)} was enqueued with ${asked} retries but delivered with ` +
        `${delivery.maxRetries}`,
    );
  }
}

function checkBuried(first: FirstViolation, record: MessageRecord, facts: TopicFacts): void {
  const [dead, again] = record.remaining.filter((left) => left.state === "dlq");
  if (dead === undefined) return;
  if (again !== undefined) {
    first.offer(
      [dead.index, again.index],
      () => `${nameOf(record)} is among the dead letters twice`,
    );
  }
  const alive = record.remaining.find((left) => left.state !== "dlq");
  if (alive !== undefined) {
    first.offer(
      [dead.index, alive.index],
      () => `${nameOf(record)} is both a dead letter and ${alive.state}`,
    );
  }
  // Only the first enqueue or a delivery tells the limit: a repeat's own is ignored by the queue,
  // and an enqueue that never answered may have asked for any.
  const original = record.enqueues.find((enqueue) => !enqueue.duplicate);
  const asked = original === undefined ? undefined : (original.maxRetries ?? facts.maxRetries);
  const maxRetries = record.deliveries[0]?.maxRetries ?? asked;
  const { attempts, fence } = dead;
  if (maxRetries === undefined || attempts === undefined) return;
  // A grant that nobody saw may have been taken back after the death, which it does not undo; so may one that
  // its client gave back.
  const unseen = fence === undefined ? 0 : fence - distinctFences(record.deliveries);
  const back = record.settles.filter(
    ({ kind, outcome }) => kind === "release" && outcome !== "fail",
  );
  if (attempts + unseen + distinctFences(back) > maxRetries) return;
  first.offer(
    [record.enqueues[0]?.ret ?? -1, dead.index],
    () =>
      `${nameOf(record)} became a dead letter after ${attempts} deliveries, though ` +
      `${maxRetries} retries are allowed`,
  );
}

export function checkDeadLetters(
  history: QueueHistory,
  options: DeadLetterOptions = {},
): Violation | undefined {
  const capacity = options.dlqCapacity ?? 10_000;
  const first = new FirstViolation(history.lines, "Q10");
  const enqueued = new Map<string, number>();
  for (const { topic } of history.enqueues) enqueued.set(topic, (enqueued.get(topic) ?? 0) + 1);
  for (const record of history.messages.values()) {
    const facts = topicFacts(history, record.topic);
    if (facts.dlq === undefined || facts.replayed || facts.lossy) continue;
    const room = Math.ceil(capacity / Math.max(1, facts.partitions));
    const full = (enqueued.get(record.topic) ?? 0) >= room;
    checkMaxRetries(first, record);
    if (facts.dlq && !full) checkLimit(first, record);
    checkBuried(first, record, facts);
  }
  return first.get();
}
