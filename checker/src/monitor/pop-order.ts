// P2 and Q14: a partition grants its best ready message first. Two independent looks at it:
// - `checkPartitionOrder` compares in the queue's own time, which is the order of the partition's
//   log, for any number of partitions, ties included;
// - `checkPopOrder` compares in real time only, for topics of one partition, by priority.
// Both accuse a pop only when a better message was certainly ready during all of the time in which
// the pop can have happened (see readiness.ts).
import type { PopInterval } from "./better-waiting.js";
import { sweepBetterWaiting } from "./better-waiting.js";
import { checkPopOrderLives } from "./pop-order-lives.js";
import type { Delivery, MessageRecord, QueueHistory, TopicFacts } from "./queue-history.js";
import { messageKey, topicFacts } from "./queue-history.js";
import type { Axis, Ready, Sample } from "./readiness.js";
import {
  queueTime,
  rankSamples,
  readyIntervals,
  realTime,
  sampleOf,
  TIMERS_AT_ONCE,
} from "./readiness.js";
import { FirstViolation, nameOf } from "./first-violation.js";
import type { Violation } from "./violation.js";

interface Pop extends PopInterval {
  readonly sample: Sample;
  readonly delivery: Delivery;
}

function checkPartition(
  first: FirstViolation,
  records: readonly MessageRecord[],
  facts: TopicFacts,
  axis: Axis,
): void {
  const samples = records.map(sampleOf).filter((sample) => sample !== undefined);
  const timers = samples.length < TIMERS_AT_ONCE;
  const { ranks, count } = rankSamples(samples, facts.mode, axis.ties);
  const ready: Ready[] = [];
  const pops: Pop[] = [];
  for (const sample of samples) {
    const rank = ranks.get(sample) ?? 0;
    for (const interval of readyIntervals(sample, axis, facts, timers)) {
      ready.push({ ...interval, rank });
    }
    for (const delivery of sample.record.deliveries) {
      const span = axis.pop(delivery);
      if (span !== undefined) pops.push({ ...span, rank, sample, delivery });
    }
  }
  sweepBetterWaiting(ready, pops, count, (pop, better) => {
    const waited = better.evidence.filter((index) => index <= pop.delivery.ret);
    first.offer([pop.delivery.ret, ...waited], () => outOfOrder(pop, better, facts));
  });
}

function outOfOrder(pop: Pop, better: Ready, facts: TopicFacts): string {
  return (
    `${nameOf(pop.sample.record)} (priority ${pop.sample.priority}, enqueued at ` +
    `${pop.sample.enqueuedMs} ms) was granted with fence ${pop.delivery.fence} while ` +
    `${better.sample.record.messageId} (priority ${better.sample.priority}, enqueued at ` +
    `${better.sample.enqueuedMs} ms), which comes first under ${facts.mode}, was ready in the ` +
    "same partition"
  );
}

function byPartition(history: QueueHistory): Map<string, MessageRecord[]> {
  const groups = new Map<string, MessageRecord[]>();
  for (const record of history.messages.values()) {
    const partition = record.deliveries[0]?.partition ?? record.enqueues[0]?.partition;
    if (partition === undefined) continue;
    const key = `${messageKey(record.topic, record.partitionLife)}\u0000${partition}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [record]);
    else group.push(record);
  }
  return groups;
}

function checkOrder(
  history: QueueHistory,
  rule: string,
  axis: Axis,
  applies: (facts: TopicFacts) => boolean,
): Violation | undefined {
  const first = new FirstViolation(history.lines, rule);
  for (const records of byPartition(history).values()) {
    const facts = topicFacts(history, records[0]?.topic ?? "");
    if (facts.partitions > 0 && applies(facts)) checkPartition(first, records, facts, axis);
  }
  return first.get();
}

/** Q14: order inside each partition, in the partition's own time, by the full order. */
export function checkPartitionOrder(history: QueueHistory): Violation | undefined {
  return checkOrder(history, "Q14", queueTime, () => true);
}

/**
 * P2: priority order of topics with one partition, in real time. First what one better message
 * shows alone, then what only several together show.
 */
export function checkPopOrder(history: QueueHistory): Violation | undefined {
  const pair = checkOrder(history, "P2", realTime, (facts) => facts.partitions === 1);
  return pair ?? checkPopOrderLives(history);
}
