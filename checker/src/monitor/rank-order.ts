// P1 as a client can see it: an item taken from a topic of several partitions has fewer than K
// strictly better ones that waited all the time from S before its credit until it arrived. It is
// judged only when asked for, because a queue may leave out a partition it cannot confirm, and no
// client can see that.
import type { PopInterval } from "./better-waiting.js";
import type { Delivery, MessageRecord, QueueHistory } from "./queue-history.js";
import { topicFacts } from "./queue-history.js";
import { nameOf } from "./first-violation.js";
import { checkRankBound } from "./rank-bound.js";
import type { Ready } from "./readiness.js";
import { rankSamples, readyIntervals, realTime, sampleOf, TIMERS_AT_ONCE } from "./readiness.js";
import type { Violation } from "./violation.js";
import { violation } from "./violation.js";

export interface RankBound {
  readonly k: number;
  /** S, in milliseconds of the history's own times. */
  readonly sMs: number;
}

interface Pop extends PopInterval {
  readonly delivery: Delivery;
}

/** Finds the first line that is not earlier than some time before another line. */
class LineTimes {
  /** Latest time up to each line; times of one recorder do not go back, but nothing relies on it. */
  readonly #latest: Float64Array;

  constructor(history: QueueHistory) {
    let latest = -Infinity;
    this.#latest = Float64Array.from(history.lines, ({ time }) => {
      latest = Math.max(latest, time ?? -Infinity);
      return latest;
    });
  }

  before(index: number, ms: number): number {
    const wanted = (this.#latest[index] ?? 0) - ms * 1000;
    let low = 0;
    let high = index;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#latest[middle] ?? 0) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function checkTopic(
  history: QueueHistory,
  records: readonly MessageRecord[],
  { k, sMs }: RankBound,
  times: LineTimes,
): Violation | undefined {
  const facts = topicFacts(history, records[0]?.topic ?? "");
  const samples = records.map(sampleOf).filter((sample) => sample !== undefined);
  const { ranks } = rankSamples(samples, facts.mode, false);
  const ready: Ready[] = [];
  const pops: Pop[] = [];
  for (const sample of samples) {
    const rank = ranks.get(sample) ?? 0;
    const timers = samples.length < TIMERS_AT_ONCE;
    for (const interval of readyIntervals(sample, realTime, facts, timers)) {
      ready.push({ ...interval, rank });
    }
    for (const delivery of sample.record.deliveries) {
      if (delivery.filtered || delivery.earliest > delivery.ret) continue;
      const from = times.before(delivery.earliest, sMs);
      pops.push({ rank, from, to: delivery.ret, delivery });
    }
  }
  const fault = checkRankBound(ready, pops, k);
  if (fault === undefined) return undefined;
  const { delivery } = fault.pop;
  const names = fault.better.map(({ sample }) => sample.record.messageId);
  const lines = fault.better.flatMap(({ evidence }) => evidence);
  return violation(
    history.lines,
    "P1",
    `${nameOf(delivery)} (priority ${delivery.priority}) was granted although ${k} better messages ` +
      `were ready from ${sMs} ms before its credit until it arrived: ${names.join(", ")}`,
    [delivery.call, delivery.ret, ...lines],
  );
}

/** Rank order of every topic whose mode and partitions the history describes. */
export function checkRankOrder(history: QueueHistory, bound: RankBound): Violation | undefined {
  const topics = new Map<string, MessageRecord[]>();
  for (const record of history.messages.values()) {
    const { partitions, deletedAt } = topicFacts(history, record.topic);
    // After a deletion another topic may have the name: better messages may have waited in the other one.
    if (partitions === 0 || deletedAt >= 0) continue;
    const records = topics.get(record.topic);
    if (records === undefined) topics.set(record.topic, [record]);
    else records.push(record);
  }
  const times = new LineTimes(history);
  for (const records of topics.values()) {
    const found = checkTopic(history, records, bound, times);
    if (found !== undefined) return found;
  }
  return undefined;
}
