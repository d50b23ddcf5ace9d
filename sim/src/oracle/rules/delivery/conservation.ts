// Q15: nothing appears or vanishes. What was enqueued is ready, delayed, leased, dead or acknowledged;
// the counters say so at every entry; and the machine's structures agree with each other: every message
// is in exactly the heap its state asks for, under its id, in its stream's list of leases, in heap order.
// The counters are compared at every entry, the structures at every 16th and at the end.

import { compareInt64, LeaseEnd, State, type Partition, type StreamName } from "@disheap/core";
import { RuleBroken, type Rule } from "../../oracle.js";
import type { CommittedEntry, EntryRule } from "../entries/canon.js";
import type { GroupRecord, Ledger } from "../entries/ledger.js";
import { seen, type Watched } from "../views/watched.js";

const ENTRIES_BETWEEN = 16;

export class Conservation implements Rule, EntryRule {
  private world: Watched | undefined;
  private readonly ledger: Ledger;

  /** Must see entries after the ledger. */
  constructor(ledger: Ledger) {
    this.ledger = ledger;
  }

  attach(world: Watched): void {
    this.world = world;
  }

  entry(entry: CommittedEntry): void {
    const record = this.ledger.group(entry.group);
    const partition = this.partition(entry.node, entry.group);
    if (!record || !partition) return;
    const problem =
      countsProblem(partition, record) ??
      (entry.index % ENTRIES_BETWEEN === 0 ? structureProblem(partition) : undefined);
    if (problem !== undefined) this.broken(entry.node, entry.group, entry.index, problem);
  }

  finish(): void {
    for (const { number } of this.world?.nodes ?? []) {
      for (const group of this.world?.host(number)?.context.groups.keys() ?? []) {
        const partition = this.partition(number, group);
        const problem = partition && structureProblem(partition);
        if (problem !== undefined) {
          this.broken(number, group, partition?.appliedIndex ?? 0, problem);
        }
      }
    }
  }

  private partition(node: number, group: number): Partition | undefined {
    const machine = this.world?.host(node)?.context.groups.get(group)?.machine;
    return machine?.kind === "partition" ? machine.partition : undefined;
  }

  private broken(node: number, group: number, index: number, problem: string): never {
    throw new RuleBroken({
      rule: "Q15",
      message: `group ${group} on n${node}, after entry ${index}: ${problem}`,
      second: seen({ atUs: this.world?.queue.nowUs ?? 0, node }, problem),
      about: `group ${group} `,
    });
  }
}

/** Counters against what the events of the log add up to. */
export function countsProblem(p: Partition, record: GroupRecord): string | undefined {
  const { counts } = p;
  const { tally } = record;
  const differs = (name: string, counted: number, right: number): string | undefined =>
    counted === right ? undefined : `${name} is ${counted}, but the log adds up to ${right}`;
  const held = tally.enqueued - tally.acked - tally.dead;
  return (
    differs("total_enqueues", counts.totalEnqueues, tally.enqueued) ??
    differs("total_pops", counts.totalPops, tally.granted) ??
    differs("total_acks", counts.totalAcks, tally.acked) ??
    differs("total_nacks", counts.totalNacks, tally.nacked) ??
    differs("total_timeouts", counts.totalTimeouts, tally.expired) ??
    differs("total_retries", counts.totalRetries, tally.retried) ??
    differs("dlq_messages", counts.dlqMessages, tally.dead) ??
    differs("inflight_messages", counts.inflightMessages, tally.leased) ??
    differs("total_messages", counts.totalMessages, held) ??
    differs("the number of messages held", p.messages.size, held + tally.dead) ??
    differs("the number of ready messages", p.ready.size, held - tally.leased - tally.delayed)
  );
}

/** Heaps, ids, states and lease lists against each other. */
export function structureProblem(p: Partition): string | undefined {
  const m = p.messages;
  const counted = { ready: 0, delayed: 0, leased: 0, dead: 0 };
  let problem: string | undefined;
  m.forEach((slot) => {
    problem ??= slotProblem(p, slot);
    const state = m.state[slot];
    if (state === State.ready) counted.ready += 1;
    else if (state === State.delayed) counted.delayed += 1;
    else if (state === State.leased) counted.leased += 1;
    else counted.dead += 1;
  });
  if (problem !== undefined) return problem;
  const { ready, delayed, leased, dead } = counted;
  if (p.ready.size !== ready) return `the ready heap holds ${p.ready.size} of ${ready} messages`;
  if (p.timers.size !== delayed + leased) {
    return `the timer heap holds ${p.timers.size} of ${delayed + leased} messages`;
  }
  if (m.size !== ready + delayed + leased + dead) {
    return `${m.size} ids lead to ${ready + delayed + leased + dead} messages`;
  }
  return heapProblem(p, leased);
}

function slotProblem(p: Partition, slot: number): string | undefined {
  const m = p.messages;
  const name = `message ${m.index[slot]}.${m.offset[slot]}`;
  const state = m.state[slot];
  const isTimed = state === State.delayed || state === State.leased;
  if (m.find(m.index[slot], m.offset[slot]) !== slot) return `${name} is not found by its id`;
  if (p.ready.has(slot) !== (state === State.ready)) {
    return `${name} in state ${state} is ${p.ready.has(slot) ? "" : "not "}in the ready heap`;
  }
  if (p.timers.has(slot) !== isTimed) {
    return `${name} in state ${state} is ${p.timers.has(slot) ? "" : "not "}in the timer heap`;
  }
  for (const [heap, of, name] of [
    [p.leased, State.leased, "leased"],
    [p.delayed, State.delayed, "delayed"],
    [p.dead, State.dead, "dead"],
  ] as const) {
    if (heap.has(slot) !== (state === of))
      return `a message in state ${state}: the ${name} heap disagrees`;
  }
  return undefined;
}

function heapProblem(p: Partition, leased: number): string | undefined {
  const m = p.messages;
  for (let place = 1; place < p.ready.size; place += 1) {
    const [child, parent] = [p.ready.at(place), p.ready.at((place - 1) >> 2)];
    if (isBefore(p, child, parent)) return `the ready heap is out of order at place ${place}`;
  }
  for (let place = 1; place < p.timers.size; place += 1) {
    const [child, parent] = [p.timers.at(place), p.timers.at((place - 1) >> 2)];
    if (m.timeMs[child] < m.timeMs[parent])
      return `the timer heap is out of order at place ${place}`;
  }
  let problem: string | undefined;
  let listed = 0;
  let expired = 0;
  p.streams.forEach((stream) => {
    for (const slot of stream.leases) {
      listed += 1;
      const isIts = m.state[slot] === State.leased && m.stream[slot] === stream.stream;
      if (!isIts) problem ??= `stream ${stream.stream} of n${stream.edge} lists a lease it lacks`;
    }
    for (const slot of stream.expired) {
      expired += 1;
      const isIts = isExpiryOf(p, slot, stream);
      if (!isIts) problem ??= `stream ${stream.stream} of n${stream.edge} lists an expiry it lacks`;
    }
  });
  // Leases of a replaced edge incarnation are in no list any more.
  if (listed > leased) problem ??= `streams list ${listed} leases of ${leased}`;
  let known = 0;
  m.forEach((slot) => {
    const holder = p.streams.find({
      edge: m.edge[slot],
      edgeIncarnation: m.edgeIncarnation[slot],
      stream: m.stream[slot],
    });
    if (holder && m.leaseEnd[slot] === LeaseEnd.expired) known += 1;
  });
  if (expired !== known) problem ??= `streams list ${expired} of ${known} expired leases`;
  return problem;
}

function isExpiryOf(
  p: Partition,
  slot: number,
  { edge, edgeIncarnation, stream }: StreamName,
): boolean {
  const m = p.messages;
  const isTheirs =
    m.edge[slot] === edge &&
    m.edgeIncarnation[slot] === edgeIncarnation &&
    m.stream[slot] === stream;
  return isTheirs && m.state[slot] !== State.free && m.leaseEnd[slot] === LeaseEnd.expired;
}

function isBefore(p: Partition, a: number, b: number): boolean {
  const m = p.messages;
  const c = compareInt64(m.priorityHi[a], m.priorityLo[a], m.priorityHi[b], m.priorityLo[b]);
  if (c !== 0) return p.mode === "MIN" ? c < 0 : c > 0;
  return m.index[a] !== m.index[b] ? m.index[a] < m.index[b] : m.offset[a] < m.offset[b];
}
