// Q8: repeats of one idempotent enqueue give one message. Only repeats inside the promised window
// are judged; the window is counted in sequences per producer, and ends with the topic.
import { topicFacts, type Enqueue, type QueueHistory } from "./queue-history.js";
import { FirstViolation } from "./first-violation.js";
import type { Violation } from "./violation.js";

export interface DedupOptions {
  /** Sequences remembered per producer. Default 10000. */
  readonly dedupWindow?: number;
}

function describe(enqueue: Enqueue): string {
  const [, producer, epoch, sequence] = (enqueue.dedupKey ?? "").split("\u0000");
  return `producer ${producer}, epoch ${epoch}, sequence ${sequence} on topic ${enqueue.topic}`;
}

function checkGroup(first: FirstViolation, group: readonly Enqueue[]): void {
  const one = group[0];
  if (one === undefined) return;
  const other = group.find((enqueue) => enqueue.messageId !== one.messageId);
  if (other !== undefined) {
    first.offer(
      [one.ret, other.ret],
      () =>
        `the same enqueue (${describe(one)}) made two messages: ` +
        `${one.messageId} and ${other.messageId}`,
    );
  }
  const [fresh, again] = group.filter((enqueue) => !enqueue.duplicate);
  if (fresh !== undefined && again !== undefined) {
    first.offer(
      [fresh.ret, again.ret],
      () => `two repeats of one enqueue (${describe(fresh)}) were both told that they were new`,
    );
  }
}

/** A repeat that ends after its topic was deleted may be the first of the next topic of that name. */
function mayBeTwoTopics(history: QueueHistory, group: readonly Enqueue[]): boolean {
  return group.some(({ topic, ret }) => {
    const { deletedAt } = topicFacts(history, topic);
    return deletedAt >= 0 && ret > deletedAt;
  });
}

export function checkDedup(
  history: QueueHistory,
  options: DedupOptions = {},
): Violation | undefined {
  const window = options.dedupWindow ?? 10_000;
  const first = new FirstViolation(history.lines, "Q8");
  const groups = new Map<string, Enqueue[]>();
  const used = new Map<string, number>();
  for (const enqueue of history.enqueues) {
    if (enqueue.dedupKey === undefined || enqueue.producer === undefined) continue;
    used.set(enqueue.producer, (used.get(enqueue.producer) ?? 0) + 1);
    if (enqueue.outcome !== "ok") continue;
    const group = groups.get(enqueue.dedupKey);
    if (group === undefined) groups.set(enqueue.dedupKey, [enqueue]);
    else group.push(enqueue);
  }
  for (const group of groups.values()) {
    const producer = group[0]?.producer;
    if (mayBeTwoTopics(history, group)) continue;
    if (producer === undefined || (used.get(producer) ?? 0) > window) continue;
    checkGroup(first, group);
  }
  return first.get();
}
