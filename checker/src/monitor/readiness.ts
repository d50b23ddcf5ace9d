// When a message was certainly ready to be granted, as intervals on one of two axes: the queue's own
// time, which is the order of a partition's log, or the lines of the history, which is real time.
// What is uncertain (a grant nobody saw, a backoff of unknown length, an operation of unknown
// outcome) makes no interval, so it never counts against the queue.
import type { ReadyInterval } from "./better-waiting.js";
import type { Delivery, MessageRecord, Settle, TopicFacts } from "./queue-history.js";

/** Most timers a partition fires at once; with fewer messages none of them can be late. */
export const TIMERS_AT_ONCE = 4096;
const BACKOFF_MAX_MS = 300_000;

export interface Sample {
  readonly record: MessageRecord;
  readonly priority: bigint;
  readonly enqueuedMs: number;
}

export interface Ready extends ReadyInterval {
  readonly sample: Sample;
  /** The lines that prove both ends of the interval. */
  readonly evidence: readonly number[];
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Full order of a partition; with `ties` false only the priority counts. */
function compareSamples(a: Sample, b: Sample, mode: "MIN" | "MAX", ties: boolean): number {
  if (a.priority !== b.priority) return a.priority < b.priority === (mode === "MIN") ? -1 : 1;
  if (!ties) return 0;
  return a.enqueuedMs - b.enqueuedMs || compareText(a.record.messageId, b.record.messageId);
}

export function rankSamples(
  samples: readonly Sample[],
  mode: "MIN" | "MAX",
  ties: boolean,
): { ranks: Map<Sample, number>; count: number } {
  const sorted = [...samples].sort((a, b) => compareSamples(a, b, mode, ties));
  const ranks = new Map<Sample, number>();
  let rank = -1;
  sorted.forEach((sample, at) => {
    const before = sorted[at - 1];
    if (before === undefined || compareSamples(before, sample, mode, ties) !== 0) rank += 1;
    ranks.set(sample, rank);
  });
  return { ranks, count: rank + 1 };
}

/** How a look at the history measures time: where grants and readiness lie on its axis. */
export interface Axis {
  readonly ties: boolean;
  pop(delivery: Delivery): { from: number; to: number } | undefined;
  /** Certainly ready from here on, after the enqueue, if nobody was granted it. */
  enqueued(record: MessageRecord, timers: boolean): number | undefined;
  /** Certainly ready again from here on, after this lease, if nobody was granted it since. */
  released(record: MessageRecord, lease: Delivery, timers: boolean): number | undefined;
  /** Certainly not granted before this. */
  granted(delivery: Delivery): number | undefined;
}

function settlesOf(record: MessageRecord, lease: Delivery): Settle[] {
  return record.settles.filter((settle) => settle.fence === lease.fence);
}

/** Its last attempt failed, which makes it a dead letter, until its client gave it back after all. */
function wasDeadMeanwhile(lease: Delivery, settles: readonly Settle[]): boolean {
  if (lease.attempts <= lease.maxRetries) return false;
  return settles.some(({ kind, outcome }) => kind === "release" && outcome !== "fail");
}

export const queueTime: Axis = {
  ties: true,
  pop({ grantedMs }) {
    return grantedMs === undefined ? undefined : { from: grantedMs, to: grantedMs };
  },
  enqueued(record, timers) {
    const enqueue = record.enqueues.find((candidate) => !candidate.duplicate);
    const enqueuedMs = record.deliveries[0]?.enqueuedMs;
    if (enqueue === undefined || enqueuedMs === undefined) return undefined;
    return enqueue.delayMs > 0 && !timers ? undefined : enqueuedMs + enqueue.delayMs;
  },
  released(record, lease, timers) {
    const settles = settlesOf(record, lease);
    if (!timers || settles.some((settle) => settle.kind === "extend")) return undefined;
    if (wasDeadMeanwhile(lease, settles)) return undefined;
    const chosen = settles.map((settle) => settle.backoffMs ?? 0);
    // A lease that ran out ends at the first entry after its deadline, which a jump of the queue's
    // time or a change of leader can put anywhere: only a recorded end, or a nack before it, is sure.
    const end = record.ends.find((one) => one.fence === lease.fence);
    const isNacked = settles.some((one) => one.kind === "nack" && one.outcome === "ok");
    if (end === undefined && !isNacked) return undefined;
    return Math.max(lease.deadlineMs, end?.atMs ?? 0) + Math.max(BACKOFF_MAX_MS, ...chosen);
  },
  granted: ({ grantedMs }) => grantedMs,
};

export const realTime: Axis = {
  ties: false,
  // A grant stamped after its own delivery has no moment; Q7 says so, and no order can be judged by it.
  pop: ({ earliest, ret }) => (earliest > ret ? undefined : { from: earliest, to: ret }),
  enqueued(record) {
    const enqueue = record.enqueues.find((candidate) => !candidate.duplicate);
    return enqueue === undefined || enqueue.delayMs > 0 ? undefined : enqueue.ret;
  },
  released(record, lease) {
    const nacks = settlesOf(record, lease).filter(
      (settle) => settle.kind === "nack" && settle.outcome !== "fail",
    );
    if (!nacks.every((nack) => nack.backoffMs === 0)) return undefined;
    const done = nacks.filter((nack) => nack.outcome === "ok").map((nack) => nack.ret);
    return done.length === 0 ? undefined : Math.min(...done);
  },
  granted: ({ earliest }) => earliest,
};

/** The line that tells how a lease ended: the queue's own word, or the nack that was answered first. */
function freedAt(record: MessageRecord, lease: Delivery): number {
  const end = record.ends.find((one) => one.fence === lease.fence);
  const nacks = settlesOf(record, lease).filter(
    ({ kind, outcome }) => kind === "nack" && outcome === "ok",
  );
  return end?.index ?? nacks.reduce((first, { ret }) => Math.min(first, ret), Infinity);
}

/** The intervals in which a message was certainly ready; ranks are filled in later. */
export function readyIntervals(
  sample: Sample,
  axis: Axis,
  facts: TopicFacts,
  timers: boolean,
): Omit<Ready, "rank">[] {
  const { record } = sample;
  const found: Omit<Ready, "rank">[] = [];
  record.deliveries.forEach((next, at) => {
    const lease = record.deliveries[at - 1];
    // Only between neighbouring fences is it certain that nobody else was granted the message.
    const neighbours = next.fence === (lease?.fence ?? 0) + 1;
    if (!neighbours || (lease !== undefined && facts.replayed)) return;
    const from =
      lease === undefined ? axis.enqueued(record, timers) : axis.released(record, lease, timers);
    const to = axis.granted(next);
    if (from === undefined || to === undefined || from >= to) return;
    const start = lease?.ret ?? record.enqueues[0]?.ret ?? -1;
    const freed = lease === undefined ? -1 : freedAt(record, lease);
    found.push({ from, to, sample, evidence: [start, freed, next.ret] });
  });
  return found.concat(neverGranted(sample, axis, facts, timers));
}

/** Enqueued, never granted (fence 0), and still ready at the end. */
function neverGranted(
  sample: Sample,
  axis: Axis,
  facts: TopicFacts,
  timers: boolean,
): Omit<Ready, "rank">[] {
  const { record } = sample;
  const left = record.remaining.find((one) => one.state === "ready" && one.fence === 0);
  const from = axis.enqueued(record, timers);
  if (left === undefined || from === undefined || facts.lossy) return [];
  if (record.deliveries.length > 0) return [];
  return [{ from, to: Infinity, sample, evidence: [record.enqueues[0]?.ret ?? -1, left.index] }];
}

export function sampleOf(record: MessageRecord): Sample | undefined {
  const delivery = record.deliveries[0];
  const enqueue = record.enqueues.find((candidate) => !candidate.duplicate);
  const priority = delivery?.priority ?? enqueue?.priority;
  if (priority === undefined) return undefined;
  return { record, priority, enqueuedMs: delivery?.enqueuedMs ?? 0 };
}
