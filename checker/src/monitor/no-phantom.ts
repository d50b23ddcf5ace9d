// Q2: every delivered message was enqueued, before or at the same time, with this payload and
// priority. A message whose enqueue was never answered is matched to an enqueue of unknown outcome;
// one such enqueue can explain one message id.
import type { Delivery, Enqueue, MessageRecord, QueueHistory } from "./queue-history.js";
import { FirstViolation, nameOf } from "./first-violation.js";
import type { Violation } from "./violation.js";

function content(item: { topic: string; payload: string; priority: bigint }): string {
  return `${item.topic}\u0000${item.payload}\u0000${item.priority}`;
}

function describe(item: { payload: string; priority: bigint }): string {
  return `payload ${item.payload} and priority ${item.priority}`;
}

function groupBy<T>(items: Iterable<T>, keyOf: (item: T) => string | undefined): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

/** The enqueues that may have written a message whose id was returned to somebody. */
function writers(record: MessageRecord, byKey: Map<string, Enqueue[]>): readonly Enqueue[] {
  const original = record.enqueues.filter((enqueue) => !enqueue.duplicate);
  if (original.length > 0) return original;
  const keys = new Set(record.enqueues.map((enqueue) => enqueue.dedupKey));
  const same = [...keys].flatMap((key) => (key === undefined ? [] : (byKey.get(key) ?? [])));
  return same.length > 0 ? same : record.enqueues;
}

function checkKnown(
  first: FirstViolation,
  record: MessageRecord,
  candidates: readonly Enqueue[],
): void {
  const any = candidates[0];
  if (any === undefined) return;
  for (const delivery of record.deliveries) {
    const same = candidates.filter((enqueue) => content(enqueue) === content(delivery));
    const match = same[0];
    if (match === undefined) {
      first.offer(
        [any.call, delivery.ret],
        () =>
          `${nameOf(record)} was enqueued with ${describe(any)} but delivered with ` +
          describe(delivery),
      );
    } else if (same.every((enqueue) => enqueue.call > delivery.ret)) {
      first.offer(
        [delivery.ret, match.call],
        () => `${nameOf(record)} was delivered before its enqueue was called`,
      );
    }
    const answered = record.enqueues.find((enqueue) => enqueue.partition !== delivery.partition);
    if (answered !== undefined) {
      first.offer(
        [answered.ret, delivery.ret],
        () =>
          `${nameOf(record)} was enqueued in partition ${answered.partition} but delivered from ` +
          `partition ${delivery.partition}`,
      );
    }
  }
}

function checkUnanswered(
  first: FirstViolation,
  history: QueueHistory,
  strangers: readonly Delivery[],
): void {
  const open = groupBy(history.enqueues, (enqueue) =>
    enqueue.outcome === "unknown" ? content(enqueue) : undefined,
  );
  for (const [key, deliveries] of groupBy(strangers, content)) {
    const possible = (open.get(key) ?? []).map((enqueue) => enqueue.call).sort((a, b) => a - b);
    deliveries.sort((a, b) => a.ret - b.ret);
    deliveries.forEach((delivery, nth) => {
      const call = possible[nth];
      if (call !== undefined && call < delivery.ret) return;
      const other = deliveries[nth - 1];
      if (call === undefined && other !== undefined && possible.length > 0) {
        const lines = [...possible, other.ret, delivery.ret];
        first.offer(lines, () => oneTooMany(delivery, other, possible.length));
        return;
      }
      const refused = history.enqueues.find(
        (enqueue) => enqueue.outcome === "fail" && content(enqueue) === content(delivery),
      );
      first.offer([refused?.ret ?? -1, delivery.ret], () => phantomSentence(delivery, refused));
    });
  }
}

function oneTooMany(delivery: Delivery, other: Delivery, enqueues: number): string {
  const made = enqueues === 1 ? "the one enqueue" : `the ${enqueues} enqueues`;
  return (
    `${nameOf(delivery)} with ${describe(delivery)} is a phantom: ${made} like it made no more than ` +
    `${enqueues === 1 ? "one message" : `${enqueues} messages`}, and ${other.messageId} is one of them`
  );
}

function phantomSentence(delivery: Delivery, refused: Enqueue | undefined): string {
  const why =
    refused === undefined
      ? "no enqueue that was called before explains it"
      : "the only enqueue like it was refused";
  return `${nameOf(delivery)} with ${describe(delivery)} is a phantom: it was delivered, but ${why}`;
}

function checkUniqueIds(first: FirstViolation, record: MessageRecord): void {
  const originals = record.enqueues.filter((enqueue) => !enqueue.duplicate);
  const [one, two] = originals;
  if (one === undefined || two === undefined) return;
  first.offer(
    [one.ret, two.ret],
    () => `two enqueues were both told that they made ${nameOf(record)}`,
  );
}

export function checkNoPhantom(history: QueueHistory): Violation | undefined {
  const first = new FirstViolation(history.lines, "Q2");
  const byKey = groupBy(history.enqueues, (enqueue) =>
    enqueue.outcome === "fail" ? undefined : enqueue.dedupKey,
  );
  const strangers: Delivery[] = [];
  for (const record of history.messages.values()) {
    const delivery = record.deliveries[0];
    if (record.enqueues.length === 0 && delivery !== undefined) strangers.push(delivery);
    checkKnown(first, record, writers(record, byKey));
    checkUniqueIds(first, record);
  }
  checkUnanswered(first, history, strangers);
  return first.get();
}
