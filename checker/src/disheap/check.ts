// Checks a recorded Disheap history and reports per guarantee. A guarantee is "not checked" when the
// history holds nothing that could break it; it never counts as ok because nothing was looked at.
import type { HistoryLine } from "../history/line.js";
import { checkAttempts } from "../monitor/attempts.js";
import { checkBatches } from "../monitor/batch.js";
import type { DeadLetterOptions } from "../monitor/dead-letter.js";
import { checkDeadLetters } from "../monitor/dead-letter.js";
import type { DedupOptions } from "../monitor/dedup.js";
import { checkDedup } from "../monitor/dedup.js";
import { checkDelay } from "../monitor/delay.js";
import type { ExclusiveOptions } from "../monitor/exclusive.js";
import { checkExclusive } from "../monitor/exclusive.js";
import { checkFencing } from "../monitor/fencing.js";
import { checkKept } from "../monitor/kept.js";
import { checkNoLoss } from "../monitor/no-loss.js";
import { checkNoPhantom } from "../monitor/no-phantom.js";
import { checkNoResurrection } from "../monitor/no-resurrection.js";
import { checkPartitionOrder, checkPopOrder } from "../monitor/pop-order.js";
import type { QueueHistory } from "../monitor/queue-history.js";
import type { RankBound } from "../monitor/rank-order.js";
import { checkRankOrder } from "../monitor/rank-order.js";
import { checkQueueTime } from "../monitor/queue-time.js";
import type { Violation } from "../monitor/violation.js";
import { disheapQueueHistory } from "./queue-history.js";

interface CheckDisheapOptions extends ExclusiveOptions, DedupOptions, DeadLetterOptions {
  /**
   * Also judge the order over partitions (P1) with this K and S. Only for histories in which no
   * partition can have been left out of a choice: a client cannot see that.
   */
  readonly rankBound?: RankBound;
}

type GuaranteeId = "G1" | "G2" | "G3" | "G4" | "G5" | "G6" | "G7" | "G8" | "G9";

/** One rule as it was applied: how much there was to look at, and what it found. */
export interface RuleReport {
  readonly rule: string;
  readonly title: string;
  /** Things this rule could judge (messages, pairs, ...); 0 = nothing to look at. */
  readonly checked: number;
  readonly violation?: Violation;
}

export interface GuaranteeReport {
  readonly guarantee: GuaranteeId;
  readonly title: string;
  readonly verdict: "ok" | "violated" | "not-checked";
  readonly rules: readonly RuleReport[];
  /** The violation that became visible first. */
  readonly violation?: Violation;
  /** Why a guarantee was not checked. */
  readonly note?: string;
}

interface DisheapCounts {
  readonly lines: number;
  readonly enqueues: number;
  readonly deliveries: number;
  readonly openPops: number;
  readonly acks: number;
  readonly nacks: number;
  readonly extends: number;
  readonly unknownOutcomes: number;
  readonly messages: number;
  readonly redelivered: number;
  readonly remaining: number;
}

export interface DisheapReport {
  readonly verdict: "ok" | "violated";
  readonly counts: DisheapCounts;
  readonly guarantees: readonly GuaranteeReport[];
}

interface Rule {
  readonly id: string;
  readonly title: string;
  run(history: QueueHistory, options: CheckDisheapOptions): Violation | undefined;
  /** How many things in the history this rule can judge. */
  measure(facts: Facts): number;
}

/** What a history offers to the rules. */
interface Facts {
  readonly counts: DisheapCounts;
  readonly drainedMessages: number;
  readonly timedRedeliveries: number;
  readonly timedDeliveries: number;
  readonly repeats: number;
  readonly delays: number;
  readonly batches: number;
  readonly onePartitionDeliveries: number;
  readonly limited: number;
  readonly rankedDeliveries: number;
}

const q = (
  id: string,
  title: string,
  run: (history: QueueHistory, options: CheckDisheapOptions) => Violation | undefined,
  measure: (facts: Facts) => number,
): Rule => ({ id, title, run, measure });

const settles = ({ counts }: Facts) => counts.acks + counts.nacks + counts.extends;

const RULES = {
  Q1: q("Q1", "no acknowledged enqueue is lost", checkNoLoss, (f) => f.drainedMessages),
  Q2: q("Q2", "no phantom: delivered as enqueued", checkNoPhantom, (f) => f.counts.deliveries),
  Q3: q("Q3", "at most one live lease", checkExclusive, (f) => f.timedRedeliveries),
  Q4: q(
    "Q4",
    "fences grow, stale tokens do nothing",
    checkFencing,
    (f) => f.counts.redelivered + settles(f),
  ),
  Q5: q("Q5", "nothing comes back after its ack", checkNoResurrection, (f) => f.counts.acks),
  Q7: q("Q7", "the partition's time follows its log", checkQueueTime, (f) => f.timedDeliveries),
  Q8: q("Q8", "a repeated enqueue makes one message", checkDedup, (f) => f.repeats),
  Q9: q("Q9", "every delivery is counted", checkAttempts, (f) => f.counts.deliveries),
  Q10: q("Q10", "dead letters only beyond the limit", checkDeadLetters, (f) => f.limited),
  Q11: q("Q11", "nothing before its time", checkDelay, (f) => f.delays),
  Q13: q("Q13", "priority, payload and place are kept", checkKept, (f) => f.counts.redelivered),
  Q14: q(
    "Q14",
    "best first by the partition's time",
    checkPartitionOrder,
    (f) => f.timedDeliveries,
  ),
  P2: q(
    "P2",
    "best first in real time, one partition",
    checkPopOrder,
    (f) => f.onePartitionDeliveries,
  ),
  P1: q(
    "P1",
    "rank bound over partitions",
    (history, { rankBound }) =>
      rankBound === undefined ? undefined : checkRankOrder(history, rankBound),
    (f) => f.rankedDeliveries,
  ),
  T1: q("T1", "a batch is visible whole or not at all", checkBatches, (f) => f.batches),
} as const;

interface Guarantee {
  readonly id: GuaranteeId;
  readonly title: string;
  readonly rules: readonly Rule[];
  readonly note: string;
}

const GUARANTEES: readonly Guarantee[] = [
  {
    id: "G1",
    title: "Durable: what was acknowledged survives",
    rules: [RULES.Q1, RULES.Q2],
    note: "the history is not drained, or holds no acknowledged enqueue",
  },
  {
    id: "G2",
    title: "One acknowledgement, nothing after it",
    rules: [RULES.Q5],
    note: "no message was acked",
  },
  {
    id: "G3",
    title: "Exclusive leases, fenced",
    rules: [RULES.Q3, RULES.Q4],
    note: "no message was delivered twice or settled",
  },
  {
    id: "G4",
    title: "Priority survives everything",
    rules: [RULES.Q13],
    note: "no message was delivered twice",
  },
  {
    id: "G5",
    title: "Order",
    rules: [RULES.Q14, RULES.P2, RULES.P1],
    note: "nothing was delivered from a topic that the history describes",
  },
  {
    id: "G6",
    title: "Idempotent enqueue",
    rules: [RULES.Q8],
    note: "no enqueue was repeated under the same producer, epoch and sequence",
  },
  { id: "G7", title: "Atomic batches", rules: [RULES.T1], note: "the history holds no batch" },
  {
    id: "G8",
    title: "Retries are counted, dead letters exact",
    rules: [RULES.Q9, RULES.Q10],
    note: "nothing was delivered",
  },
  {
    id: "G9",
    title: "Clocks may be wrong: delays and stamps hold in group time",
    rules: [RULES.Q7, RULES.Q11],
    note: "no delivery carries a known lease length",
  },
];

function countHistory(history: QueueHistory): DisheapCounts {
  const records = [...history.messages.values()];
  const kinds = { ack: 0, nack: 0, extend: 0, release: 0 };
  for (const settle of history.settles) kinds[settle.kind] += 1;
  const spans = [...history.enqueues, ...history.settles, ...history.openPops];
  return {
    lines: history.lines.length,
    enqueues: history.enqueues.length,
    deliveries: history.deliveries.length,
    openPops: history.openPops.length,
    acks: kinds.ack,
    nacks: kinds.nack,
    extends: kinds.extend,
    unknownOutcomes: spans.filter((span) => span.outcome === "unknown").length,
    messages: records.length,
    redelivered: records.filter((record) => record.deliveries.length > 1).length,
    remaining: records.filter((record) => record.remaining.length > 0).length,
  };
}

function gatherFacts(history: QueueHistory, { rankBound }: CheckDisheapOptions): Facts {
  const records = [...history.messages.values()];
  const timed = history.deliveries.filter((delivery) => delivery.grantedMs !== undefined);
  const keys = new Map<string, number>();
  for (const { dedupKey } of history.enqueues) {
    if (dedupKey !== undefined) keys.set(dedupKey, (keys.get(dedupKey) ?? 0) + 1);
  }
  const topicOf = (topic: string) => history.topics.get(topic);
  return {
    counts: countHistory(history),
    drainedMessages: records.filter(
      ({ topic, enqueues }) => enqueues.length > 0 && (topicOf(topic)?.drainedAt ?? -1) >= 0,
    ).length,
    timedDeliveries: timed.length,
    timedRedeliveries: timed.length - new Set(timed.map((one) => one.messageId)).size,
    repeats: [...keys.values()].filter((times) => times > 1).length,
    delays:
      history.enqueues.filter((enqueue) => enqueue.delayMs > 0).length +
      history.settles.filter((settle) => settle.backoffMs !== undefined).length,
    batches: new Set(history.enqueues.map((enqueue) => enqueue.batch).filter(Boolean)).size,
    onePartitionDeliveries: history.deliveries.filter(
      (delivery) => topicOf(delivery.topic)?.partitions === 1,
    ).length,
    rankedDeliveries: rankBound === undefined ? 0 : timed.length,
    limited: history.deliveries.filter((delivery) => topicOf(delivery.topic)?.dlq !== undefined)
      .length,
  };
}

function earliest(rules: readonly RuleReport[]): Violation | undefined {
  const found = rules.flatMap(({ violation }) => (violation === undefined ? [] : [violation]));
  const lastIndex = (one: Violation) => one.evidence.at(-1)?.index ?? 0;
  return found.sort((a, b) => lastIndex(a) - lastIndex(b))[0];
}

function judge(guarantee: Guarantee, run: (rule: Rule) => RuleReport): GuaranteeReport {
  const rules = guarantee.rules.map(run);
  const violation = earliest(rules);
  const { id, title, note } = guarantee;
  if (violation !== undefined) {
    return { guarantee: id, title, verdict: "violated", rules, violation };
  }
  const looked = rules.some((rule) => rule.checked > 0);
  return looked
    ? { guarantee: id, title, verdict: "ok", rules }
    : { guarantee: id, title, verdict: "not-checked", rules, note };
}

/** Runs every monitor over a neutral queue history. */
function checkQueueHistory(
  history: QueueHistory,
  options: CheckDisheapOptions = {},
): DisheapReport {
  const facts = gatherFacts(history, options);
  const run = (rule: Rule): RuleReport => {
    const violation = rule.run(history, options);
    const { id, title } = rule;
    const report = { rule: id, title, checked: rule.measure(facts) };
    return violation === undefined ? report : { ...report, violation };
  };
  const guarantees = GUARANTEES.map((guarantee) => judge(guarantee, run));
  const violated = guarantees.some((one) => one.verdict === "violated");
  return { verdict: violated ? "violated" : "ok", counts: facts.counts, guarantees };
}

/** Checks a recorded Disheap history. Throws `HistoryError` when the recording is malformed. */
export function checkDisheap(
  lines: readonly HistoryLine[],
  options: CheckDisheapOptions = {},
): DisheapReport {
  return checkQueueHistory(disheapQueueHistory(lines), options);
}
