// P2 once more, for what no single pair of operations shows: two better messages that relieve each
// other can stand before a pop all the time although each one alone leaves it a gap. Every message
// becomes lives (see priority-lives.ts). A message counts as inside only between neighbouring fences,
// so a grant nobody saw, a backoff of unknown length or a lost answer never counts against the queue.
import type { Life } from "./priority-lives.js";
import { checkLives } from "./priority-lives.js";
import type { Delivery, MessageRecord, QueueHistory } from "./queue-history.js";
import { byPartitionLife, topicFacts } from "./queue-history.js";
import { nameOf } from "./first-violation.js";
import type { Violation } from "./violation.js";
import { violation } from "./violation.js";

interface Origin {
  readonly record: MessageRecord;
  readonly delivery?: Delivery;
  /** Line that proves that it was inside. */
  readonly inside: number;
}

/** Line by which the message was surely ready again after this lease, Infinity when unknown. */
function readyAgain(record: MessageRecord, lease: Delivery): number {
  const nacks = record.settles.filter(
    ({ kind, fence, outcome }) => kind === "nack" && fence === lease.fence && outcome !== "fail",
  );
  if (!nacks.every(({ backoffMs }) => backoffMs === 0)) return Infinity;
  return Math.min(...nacks.map(({ ret }) => ret));
}

class LivesOfTopic {
  readonly lives: Life[] = [];
  readonly origins: Origin[] = [];
  readonly #replayed: boolean;

  constructor(replayed: boolean) {
    this.#replayed = replayed;
  }

  add(record: MessageRecord, rank: number): void {
    const enqueue = record.enqueues.find((candidate) => !candidate.duplicate);
    const prompt = enqueue !== undefined && enqueue.delayMs <= 0;
    const firstRet = prompt ? enqueue.ret : Infinity;
    const call = enqueue?.call ?? -1;
    const [first] = record.deliveries;
    if (first === undefined) {
      const untouched = record.remaining.some(
        ({ state, fence }) => state === "ready" && fence === 0,
      );
      if (!untouched || firstRet === Infinity) return;
      this.#push({ rank, insert: { call, ret: firstRet } }, { record, inside: firstRet });
      return;
    }
    record.deliveries.forEach((delivery, at) => {
      const before = record.deliveries[at - 1];
      const neighbours = delivery.fence === (before?.fence ?? 0) + 1 && !this.#replayed;
      const ret = before === undefined ? firstRet : readyAgain(record, before);
      const insert = { call: before?.earliest ?? call, ret: neighbours ? ret : Infinity };
      const remove = { call: delivery.earliest, ret: delivery.ret };
      const after = before === undefined ? {} : { after: this.lives.length - 1 };
      this.#push({ rank, insert, remove, ...after }, { record, delivery, inside: ret });
    });
  }

  #push(life: Life, origin: Origin): void {
    this.lives.push(life);
    this.origins.push(origin);
  }
}

/** A repeat's own priority is ignored by the queue; without a delivery or the first enqueue, any. */
function priorityOf({ deliveries, enqueues }: MessageRecord): bigint {
  const original = enqueues.find((enqueue) => !enqueue.duplicate);
  return deliveries[0]?.priority ?? original?.priority ?? 0n;
}

function checkTopic(
  history: QueueHistory,
  topic: string,
  records: readonly MessageRecord[],
): Violation | undefined {
  const { mode, replayed } = topicFacts(history, topic);
  const distinct = [...new Set(records.map(priorityOf))].sort((a, b) => (a < b ? -1 : 1));
  if (mode === "MAX") distinct.reverse();
  const ranks = new Map(distinct.map((priority, rank) => [priority, rank]));
  const built = new LivesOfTopic(replayed);
  for (const record of records) built.add(record, ranks.get(priorityOf(record)) ?? 0);
  const fault = checkLives({ lives: built.lives });
  const accused = built.origins[fault?.life ?? -1];
  if (fault === undefined || accused?.delivery === undefined) return undefined;
  const blockers = fault.blockers.flatMap((life) => built.origins[life] ?? []);
  const names = blockers.map(
    ({ record }) => `${record.messageId} (priority ${priorityOf(record)})`,
  );
  const lines = blockers.flatMap(({ inside, delivery }) => [inside, delivery?.ret ?? -1]);
  return violation(
    history.lines,
    "P2",
    `${nameOf(accused.record)} (priority ${accused.delivery.priority}) was granted with fence ` +
      `${accused.delivery.fence}, but at every moment at which that can have happened a better ` +
      `message was ready: ${names.join(", then ")}`,
    [accused.delivery.ret, ...lines].filter(Number.isFinite),
  );
}

/** Messages whose own deliveries contradict each other are left to the rules that say so. */
function isConsistent({ deliveries }: MessageRecord): boolean {
  return deliveries.every((delivery, at) => {
    const before = deliveries[at - 1];
    if (delivery.earliest > delivery.ret) return false;
    return (
      before === undefined || (before.fence < delivery.fence && before.earliest < delivery.ret)
    );
  });
}

/** Topics of one partition whose grants fit no order at all. */
export function checkPopOrderLives(history: QueueHistory): Violation | undefined {
  for (const records of byPartitionLife(history, ({ partitions }) => partitions === 1)) {
    if (!records.every(isConsistent)) continue;
    const found = checkTopic(history, records[0]?.topic ?? "", records);
    if (found !== undefined) return found;
  }
  return undefined;
}
