// Narrows when a grant can have happened. The queue's own time only grows along a partition's log,
// so a grant stamped later than an enqueue came after that enqueue was called. This matters because
// a delivery may answer an older credit than the one it is recorded against: without it, `earliest`
// would have to stay at the stream's first credit.
import type { Delivery, MessageRecord, QueueHistory } from "./queue-history.js";
import { messageKey } from "./queue-history.js";

interface Fact {
  readonly stampMs: number;
  readonly call: number;
  readonly delivery?: Delivery & { earliest: number };
}

function partitionKey({ topic, partitionLife }: MessageRecord, { partition }: Delivery): string {
  return `${messageKey(topic, partitionLife)}\u0000${partition}`;
}

function enqueueFact(record: MessageRecord): Fact | undefined {
  const first = record.enqueues.find((enqueue) => !enqueue.duplicate);
  const delivery = record.deliveries[0];
  if (first === undefined || delivery === undefined) return undefined;
  return { stampMs: delivery.enqueuedMs, call: first.call };
}

function sweep(facts: Fact[]): void {
  facts.sort((a, b) => a.stampMs - b.stampMs);
  let before = -1;
  for (let from = 0; from < facts.length;) {
    let to = from;
    while (to < facts.length && facts[to]?.stampMs === facts[from]?.stampMs) to += 1;
    let here = before;
    for (const fact of facts.slice(from, to)) {
      if (fact.delivery === undefined) here = Math.max(here, fact.call);
      else {
        fact.delivery.earliest = Math.max(fact.delivery.earliest, before);
        here = Math.max(here, fact.delivery.earliest);
      }
    }
    before = here;
    from = to;
  }
}

/** Raises `earliest` of every delivery whose grant time is known. Returns the same history. */
export function tightenGrants<T extends QueueHistory>(history: T): T {
  const partitions = new Map<string, Fact[]>();
  for (const record of history.messages.values()) {
    const fact = enqueueFact(record);
    const facts: Fact[] = fact === undefined ? [] : [fact];
    for (const delivery of record.deliveries) {
      if (delivery.grantedMs === undefined) continue;
      facts.push({ stampMs: delivery.grantedMs, call: delivery.call, delivery });
    }
    const some = record.deliveries[0];
    if (some === undefined) continue;
    const key = partitionKey(record, some);
    const list = partitions.get(key);
    if (list === undefined) partitions.set(key, facts);
    else list.push(...facts);
  }
  for (const facts of partitions.values()) sweep(facts);
  return history;
}
