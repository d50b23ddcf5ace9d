// What a group's leader does beside Raft: collects intents into one entry per turn, remembers who waits
// for which entry, serves reads, and answers from apply. Nothing here is replicated; after a change of
// leader the edges ask again.

import type { LogIndex, Term } from "../lib/brands.js";
import { encodePartitionCounts } from "../wire/read-bodies.js";
import type { IntentResult } from "../machine/results.js";
import { assert } from "../lib/assert.js";
import { INDEX_MAX, OFFSETS_PER_ENTRY } from "../lib/ulid.js";
import { NEWEST_LEVEL } from "../machine/levels/known.js";
import { appendOwn, replicate } from "../raft/replication.js";
import { requestRead } from "../raft/reads.js";
import { encodeBlock, EntryKind } from "../wire/blocks.js";
import { rowsIn } from "../wire/intent-rows.js";
import { encodeIntent, type Intent } from "../wire/intents.js";
import type { ReplyOutcome, Request } from "../wire/messages.js";
import type { Beats } from "./beats.js";
import { NO_ROOM_FOR_REQUEST } from "../member/budgets.js";
import type { HostContext } from "../member/context.js";
import type { RequestName } from "../member/in-hand.js";
import {
  forwardedBytes,
  isRepeatable,
  isReturn,
  OWN_WORK,
  QUEUE_FULL,
  requestBytes,
} from "./queue-rules.js";
import { entrySeed, macKey } from "../member/draws.js";
import {
  answerGrant,
  dropStanding,
  forgetStream,
  purgeIdle,
  pushLadders,
  standingIntents,
} from "./grants.js";
import { continueDigests, sendDigests, sendLastDigest } from "./digests.js";
import type { Replica, Origin, PendingRead, QueuedIntent } from "../member/replica.js";
import { peekBody } from "./peek-rows.js";
import { PAGE_MAX } from "../contract/limits/units.js";
import { creationProblem } from "./creation-limits.js";
import { entryLeasesMax, nextEntry } from "./next-entry.js";
import { OnceTable } from "./once-table.js";
import { outcomeOf } from "./outcomes.js";
import { proposable } from "./proposable.js";

/** Entries a leader may have uncommitted before it lets its queue grow instead. */
const UNCOMMITTED_ENTRIES_MAX = 512;

/** Ids hold 42 bits of log index; the rest is for the first entries of later terms. */
const PROPOSED_INDEX_MAX = INDEX_MAX - 2 ** 20;
const TOO_MANY_PRODUCERS = {
  code: "RESOURCE_EXHAUSTED",
  message:
    "the partition remembers as much of producers as it may (PRODUCER_BYTES_MAX); keep one producer id per process " +
    "instead of one per message, raise the setting, or try again when those of a day ago are forgotten",
} as const;
/** Known producers go on beyond what refuses new ones; so often the setting is what nobody goes beyond. */
const KNOWN_PRODUCERS_SHARE = 4;
/** What a group that this leader begins is begun at (D-86). */
const BEGIN = { level: NEWEST_LEVEL.number, draft: NEWEST_LEVEL.draft };
/** Timers may be due at every millisecond; entries for their sake alone are so far apart (D-19). */
const TICK_GRAIN_MS = 10;
const TICK = encodeIntent({ kind: "tick" });

export class Leader {
  private readonly context: HostContext;
  private readonly beats: Beats;
  private readonly guard: (replica: Replica, step: () => void) => void;
  private readonly once = new OnceTable();
  private nextRead = 1;

  constructor(
    context: HostContext,
    beats: Beats,
    guard: (replica: Replica, step: () => void) => void,
  ) {
    this.context = context;
    this.beats = beats;
    this.guard = guard;
  }

  // --- requests ----------------------------------------------------------------------------------

  onRequest(from: number, request: Request): void {
    const { edgeIncarnation, requestId, attempt, action } = request;
    const origin = { edge: from, edgeIncarnation, requestId, attempt };
    if (request.isOnce && this.once.isRepeat(from, edgeIncarnation, requestId, attempt)) return;
    const replica = this.context.groups.get(request.group);
    if (!replica || replica.stoppedBecause !== undefined) {
      this.answer(origin, replica ? { type: "surely-not", leader: 0 } : { type: "unknown-group" });
      return;
    }
    if (!replica.raft.isLeader) {
      const hint = replica.raft.leader === this.context.self ? 0 : replica.raft.leader;
      this.answer(origin, { type: "surely-not", leader: hint });
      return;
    }
    if (replica.inHand.has(origin)) {
      this.answer(origin, { type: "in-hand" });
      return;
    }
    if (action.type === "repeat") {
      this.answer(origin, { type: "not-in-hand" });
      return;
    }
    if (action.type === "propose") {
      const checked = proposable(action.intent, replica.machine.kind, from);
      if ("code" in checked) {
        this.answer(origin, { type: "refused", ...checked });
        return;
      }
      if (this.isBeyondProducers(replica, checked)) {
        this.answer(origin, { type: "refused", ...TOO_MANY_PRODUCERS });
        return;
      }
      const creates = checked.kind === "topic.create" ? checked.settings.partitions : 0;
      const tooMuch = creates > 0 ? creationProblem(this.context, replica, creates) : undefined;
      if (tooMuch) {
        this.answer(origin, { type: "refused", ...tooMuch });
        return;
      }
      const closes = checked.kind === "stream.close" ? checked.stream : undefined;
      if (closes !== undefined) forgetStream(replica, { edge: from, stream: closes });
      this.enqueueIntent(replica, {
        intent: action.intent,
        origin: { type: "request", ...origin, isRepeatable: !request.isOnce, creates, closes },
        isEnqueue: checked.kind === "enqueue" || checked.kind === "enqueue.many",
        rows: rowsIn(checked),
        isReturn: isReturn(checked),
        isOwnWork: OWN_WORK.has(checked.kind),
        leases: 0,
        sinceUs: this.context.monotonicUs,
      });
      return;
    }
    if (!replica.isServing) {
      this.answer(origin, { type: "surely-not", leader: this.context.self });
      return;
    }
    const read: PendingRead = { ...origin, action, index: 0 };
    const number = this.nextRead;
    this.nextRead += 1;
    replica.reads.set(number, read);
    this.context.touched.add(replica);
    this.guard(replica, () => requestRead(replica.raft, this.beats.requestRound(), number));
  }

  /** Refused here and never at apply: how much is too much may differ from node to node (D-80). */
  private isBeyondProducers(replica: Replica, intent: Intent): boolean {
    if (intent.kind !== "enqueue" && intent.kind !== "enqueue.many") return false;
    if (!intent.producer) return false;
    if (replica.machine.kind !== "partition") return false;
    const { dedup } = replica.machine.partition;
    const { producerBytesMax } = this.context.config.limits;
    const isOver = dedup.heldBytes >= producerBytesMax && !dedup.knows(intent.producer);
    const isFarOver =
      dedup.heldBytes >= KNOWN_PRODUCERS_SHARE * producerBytesMax &&
      dedup.grows(intent.producer) &&
      dedup.find(intent.producer, intent.producer.sequenceHi, intent.producer.sequenceLo) ===
        undefined;
    if (!isOver && !isFarOver) return false;
    this.context.budgets.countRefusal("producer_bytes");
    return true;
  }

  private answer(to: RequestName & { readonly attempt: number }, outcome: ReplyOutcome): void {
    const { edge, edgeIncarnation, requestId, attempt } = to;
    this.context.send(edge, { kind: "reply", edgeIncarnation, requestId, attempt, outcome });
  }

  enqueueIntent(replica: Replica, queued: QueuedIntent): void {
    const { queueIntentsMax, queueBytesMax } = this.context.config.limits;
    const isOwn = queued.isOwnWork === true;
    const isOverBytes = !isOwn && replica.queueBytes >= queueBytesMax;
    const isFull = isOverBytes || replica.queue.length >= (isOwn ? 2 : 1) * queueIntentsMax;
    if (isFull && queued.origin.type === "request") {
      this.answer(queued.origin, { type: "refused", ...QUEUE_FULL });
      return;
    }
    const { budgets, self } = this.context;
    const bytes = forwardedBytes(queued, self);
    const isOver = !isOwn && bytes > 0 && !budgets.hasRoom(bytes, queued.isEnqueue);
    if (isOver && queued.origin.type === "request") {
      this.answer(queued.origin, { type: "refused", ...NO_ROOM_FOR_REQUEST });
      return;
    }
    budgets.countQueued(bytes);
    if (isRepeatable(queued.origin)) replica.inHand.add(queued.origin);
    replica.queue.push(queued);
    replica.queueBytes += requestBytes(queued);
    this.context.touched.add(replica);
  }

  // --- proposing ---------------------------------------------------------------------------------

  /** The first entry of a term; for a new partition its configuration comes right behind it. */
  proposeNoop(replica: Replica): void {
    this.append(replica, EntryKind.noop, []);
  }

  /** The own term's first entry is applied: from here this leader answers. */
  startServing(replica: Replica): void {
    replica.isServing = true;
    replica.lastGrantIndex = 0;
    if (replica.machine.kind === "partition") {
      const { partition } = replica.machine;
      if (!partition.level) this.proposePartitionInit(replica, replica.machine.topic);
      sendDigests(this.context, replica);
    } else if (!replica.machine.cluster.isBegun) this.proposeClusterInit(replica);
    this.context.wantsTurn = true;
  }

  private proposePartitionInit(replica: Replica, topic: string): void {
    const meta = this.context.groups.get(0)?.machine;
    const record = meta?.kind === "cluster" ? meta.cluster.topics.get(topic) : undefined;
    if (!record) return;
    const key = macKey(this.context.config.keySeed, replica.id, replica.raft.term);
    this.proposeFirst(replica, {
      kind: "partition.init",
      ...BEGIN,
      macKey: key,
      settings: record.settings,
    });
  }

  /** The members as configured; what counts from here on is what this entry says. */
  private proposeClusterInit(replica: Replica): void {
    const { members } = this.context;
    this.proposeFirst(replica, { kind: "cluster.init", ...BEGIN, members });
  }

  /** Ahead of everything that clients asked for meanwhile. */
  private proposeFirst(replica: Replica, first: Intent): void {
    const intent = encodeIntent(first);
    replica.queue.unshift({
      intent,
      origin: { type: "none" },
      isEnqueue: false,
      rows: 1,
      leases: 0,
    });
  }

  /** Once per turn: turns what is queued into entries and sends them off. */
  collect(replica: Replica, budget: { bytes: number }): void {
    const g = replica.raft;
    if (!g.isLeader) return;
    if (replica.isServing && g.handover === undefined) {
      this.proposeDue(replica);
      while (budget.bytes > 0 && this.hasRoom(replica)) {
        const before = replica.proposedBytes;
        if (!this.collectEntry(replica)) break;
        budget.bytes -= replica.proposedBytes - before;
      }
      continueDigests(this.context, replica);
      // What lacks room goes on when something was applied: until then turns would be for nothing.
      if (replica.queue.length > 0) {
        if (budget.bytes <= 0) this.context.wantsTurn = true;
        else this.context.budgets.isShort = true;
      }
    }
    replicate(g);
  }

  private hasRoom(replica: Replica): boolean {
    const { proposedBytes, raft } = replica;
    const entries = raft.log.lastIndex - raft.commitIndex;
    if (raft.log.lastIndex >= PROPOSED_INDEX_MAX) return false;
    return entries < UNCOMMITTED_ENTRIES_MAX && this.context.budgets.mayPropose(proposedBytes);
  }

  private collectEntry(replica: Replica): boolean {
    const { entryIntentsMax, entryBytesMax } = this.context.config.limits;
    const leasesMax = entryLeasesMax(replica);
    const room = { entryIntentsMax, entryBytesMax, leasesMax };
    const { taken, rows, coming, leases } = nextEntry(replica.queue, room);
    replica.queue = replica.queue.slice(taken.length);
    for (const queued of taken) {
      replica.queueBytes -= requestBytes(queued);
      this.context.budgets.countQueued(-forwardedBytes(queued, this.context.self));
    }
    // Standing credits ride behind what makes messages ready in the same entry (D-6).
    // They have intents of their own, or a queue that is never empty would starve every consumer.
    const left = {
      intents: Math.min(entryIntentsMax, OFFSETS_PER_ENTRY - rows),
      leases: leasesMax - leases,
    };
    for (const grant of standingIntents(this.context, replica, coming, left)) taken.push(grant);
    if (taken.length === 0) return false;
    this.append(replica, EntryKind.command, taken);
    return true;
  }

  tick(replica: Replica): void {
    purgeIdle(this.context, replica);
  }

  /** Proposes a tick when a timer is due and nothing else will carry time forward (D-19). */
  private proposeDue(replica: Replica): void {
    const g = replica.raft;
    if (replica.dueMs > this.context.monotonicMs || replica.queue.length > 0) return;
    // One on its way is enough; its apply sets the next due time.
    if (replica.lastTickIndex > g.appliedIndex || g.appliedIndex < g.log.lastIndex) return;
    replica.queue.push({
      intent: TICK,
      origin: { type: "none" },
      isEnqueue: false,
      rows: 1,
      leases: 0,
    });
    replica.lastTickIndex = g.log.lastIndex + 1;
    replica.tickedMs = this.context.monotonicMs;
  }

  /** When the group's next timer is due, by the clock that carries its time. */
  updateDue(replica: Replica): void {
    this.context.due.set(replica, this.dueMsOf(replica));
  }

  private dueMsOf(replica: Replica): number {
    if (!replica.isServing || replica.machine.kind !== "partition") return Infinity;
    const next = replica.machine.partition.nextTimerMs;
    if (next === Infinity) return Infinity;
    const { monotonicMs } = this.context;
    const leftMs = next - replica.raft.stampNowMs();
    // What is on its way carries time forward, and its apply looks again.
    if (leftMs <= 0 && replica.raft.appliedIndex < replica.raft.log.lastIndex) return Infinity;
    return Math.max(monotonicMs + Math.max(0, leftMs), replica.tickedMs + TICK_GRAIN_MS);
  }

  private append(replica: Replica, kind: number, queued: readonly QueuedIntent[]): void {
    const g = replica.raft;
    const index = g.log.lastIndex + 1;
    const rows = queued.reduce((sum, q) => sum + q.rows, 0);
    assert(rows <= OFFSETS_PER_ENTRY, "D-10: rows of an entry must fit 14 bits");
    const { seedHi, seedLo } = this.context.config;
    const [entryHi, entryLo] = entrySeed(seedHi, seedLo, g.id, index, g.term);
    const intents = queued.map((q) => q.intent);
    const entry = { kind, stampMs: g.stampNowMs(), seedHi: entryHi, seedLo: entryLo, intents };
    const block = encodeBlock(g.id, index, g.term, g.log.lastTerm, [entry], this.context.crc);
    const origins = queued.map((q) => q.origin);
    if (origins.some((o) => o.type === "grant")) replica.lastGrantIndex = index;
    // What an earlier leadership proposed may be gone from the log, and only its answers are waited for.
    if (replica.proposedTerm !== g.term) {
      this.countProposed(replica, -replica.proposedBytes);
      replica.proposedTerm = g.term;
    }
    this.forget(replica, index);
    replica.proposed.set(index, { term: g.term, origins, bytes: block.bytes.length });
    this.countProposed(replica, block.bytes.length);
    appendOwn(g, block);
    this.context.observer?.proposed(g.id, index, g.term, this.waitedUs(queued));
  }

  private countProposed(replica: Replica, bytes: number): void {
    const { budgets } = this.context;
    replica.proposedBytes += bytes;
    budgets.countProposed(bytes);
    if (bytes > 0 || !budgets.isShort) return;
    budgets.isShort = false;
    this.context.wantsTurn = true;
  }

  /** How long the first request of an entry waited in the queue; 0 for an entry without requests. */
  private waitedUs(queued: readonly QueuedIntent[]): number {
    const first = queued.find((q) => q.sinceUs !== undefined);
    return first?.sinceUs === undefined ? 0 : this.context.monotonicUs - first.sinceUs;
  }

  // --- answering ---------------------------------------------------------------------------------

  /** Results of an entry that was applied here; `results` is undefined when nobody here waits. */
  applied(
    replica: Replica,
    index: LogIndex,
    term: Term,
    results: IntentResult[] | undefined,
  ): void {
    const waiting = replica.proposed.get(index);
    if (waiting) {
      replica.proposed.delete(index);
      if (waiting.term === replica.proposedTerm) this.countProposed(replica, -waiting.bytes);
      const isOurs = waiting.term === term && results !== undefined;
      waiting.origins.forEach((origin, i) => {
        if (isOurs) this.deliverResult(replica, origin, results[i], index);
        else this.overwritten(replica, origin);
      });
    }
    if (replica.isServing) pushLadders(this.context, replica);
  }

  private deliverResult(
    replica: Replica,
    origin: Origin,
    result: IntentResult,
    index: LogIndex,
  ): void {
    if (isRepeatable(origin)) replica.inHand.delete(origin);
    if (origin.type === "request") {
      const answer = (): void => this.answer(origin, outcomeOf(result, index));
      const { edge, edgeIncarnation, closes: stream } = origin;
      // Before the answer and in its lane: an edge that has the answer has seen what the stream was granted. Who leads
      // no more has nothing to tell; the edge, unanswered, asks the next leader.
      if (stream === undefined) answer();
      else if (replica.isServing)
        sendLastDigest(this.context, replica, { edge, edgeIncarnation, stream }, answer);
    }
    if (origin.type === "grant") answerGrant(this.context, replica, origin, result, index);
  }

  /**
   * Makes room for a new entry at an index where an earlier leadership of this node had proposed one.
   * Nobody is answered: another voter may still hold the old entry, lead later and commit it, so only
   * an applied entry of another term proves that it never will be (D-11).
   */
  private forget(replica: Replica, index: LogIndex): void {
    const waiting = replica.proposed.get(index);
    if (!waiting) return;
    replica.proposed.delete(index);
    if (waiting.term === replica.proposedTerm) this.countProposed(replica, -waiting.bytes);
  }

  /** Another term's entry took its index: surely not applied, may be proposed again (D-11). */
  private overwritten(replica: Replica, origin: Origin): void {
    if (origin.type === "request") {
      this.answer(origin, { type: "surely-not", leader: replica.raft.leader });
    }
  }

  /** No longer leader: what was only queued is surely not applied; what is in the log stays open. */
  lostLeadership(replica: Replica): void {
    const { queue } = replica;
    replica.queue = [];
    replica.queueBytes = 0;
    replica.inHand.clear();
    replica.isServing = false;
    // Only what a present leadership has under way takes room: the rest is the next leader's.
    this.countProposed(replica, -replica.proposedBytes);
    replica.proposedTerm = 0;
    this.context.due.delete(replica);
    for (const queued of queue) {
      this.context.budgets.countQueued(-forwardedBytes(queued, this.context.self));
      this.overwritten(replica, queued.origin);
    }
    for (const read of [...replica.reads.values(), ...replica.confirmedReads]) {
      this.answer(read, { type: "surely-not", leader: replica.raft.leader });
    }
    replica.reads.clear();
    replica.confirmedReads = [];
    // Who is not answered asks the next leader.
    replica.digests = [];
    replica.raft.pendingReads = [];
    dropStanding(this.context, replica);
  }

  // --- reads -------------------------------------------------------------------------------------

  readConfirmed(replica: Replica, index: LogIndex, number: number): void {
    const read = replica.reads.get(number);
    assert(read !== undefined, `R11: read ${number} must be pending`);
    replica.reads.delete(number);
    read.index = index;
    replica.confirmedReads.push(read);
    this.serveReads(replica);
  }

  /**
   * Serves the confirmed reads whose index is applied, as far as the turn's budget of rows goes: many peeks that come
   * together must not hold up beats and votes.
   */
  serveReads(replica: Replica): void {
    if (replica.confirmedReads.length === 0) return;
    const applied = replica.raft.appliedIndex;
    const waiting: PendingRead[] = [];
    for (const read of replica.confirmedReads) {
      const isApplied = read.index <= applied;
      if (isApplied && this.context.turnRows <= 0) this.context.wantsTurn = true;
      if (!isApplied || this.context.turnRows <= 0) waiting.push(read);
      else
        this.answer(read, { type: "done", index: read.index, body: this.readBody(replica, read) });
    }
    replica.confirmedReads = waiting;
  }

  private readBody(replica: Replica, read: PendingRead): Uint8Array {
    if (replica.machine.kind !== "partition" || read.action.type === "barrier")
      return new Uint8Array(0);
    const { partition } = replica.machine;
    if (read.action.type === "read.peek") {
      // A peer may ask for anything.
      const limit = Math.min(read.action.limit, PAGE_MAX);
      this.context.turnRows -= limit;
      return peekBody(partition, limit, read.action.includeDlq);
    }
    return encodePartitionCounts(partition.counts);
  }
}
