// What a group's leader does beside Raft: collects intents into one entry per turn, remembers who waits
// for which entry, serves reads, and answers from apply. Nothing here is replicated; after a change of
// leader the edges ask again.

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
const TICK_INTENT = encodeIntent({ kind: "tick" });

export class Leader {
  private readonly context: HostContext;
  private readonly beats: Beats;
  private readonly guard: (slot: Replica, step: () => void) => void;
  private readonly once = new OnceTable();
  private nextRead = 1;

  constructor(
    context: HostContext,
    beats: Beats,
    guard: (slot: Replica, step: () => void) => void,
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
    const slot = this.context.groups.get(request.group);
    if (!slot || slot.stoppedBecause !== undefined) {
      this.answer(origin, slot ? { type: "surely-not", leader: 0 } : { type: "unknown-group" });
      return;
    }
    if (!slot.raft.isLeader) {
      const hint = slot.raft.leader === this.context.self ? 0 : slot.raft.leader;
      this.answer(origin, { type: "surely-not", leader: hint });
      return;
    }
    if (slot.inHand.has(origin)) {
      this.answer(origin, { type: "in-hand" });
      return;
    }
    if (action.type === "repeat") {
      this.answer(origin, { type: "not-in-hand" });
      return;
    }
    if (action.type === "propose") {
      const checked = proposable(action.intent, slot.machine.kind, from);
      if ("code" in checked) {
        this.answer(origin, { type: "refused", ...checked });
        return;
      }
      if (this.isBeyondProducers(slot, checked)) {
        this.answer(origin, { type: "refused", ...TOO_MANY_PRODUCERS });
        return;
      }
      const creates = checked.kind === "topic.create" ? checked.settings.partitions : 0;
      const tooMuch = creates > 0 ? creationProblem(this.context, slot, creates) : undefined;
      if (tooMuch) {
        this.answer(origin, { type: "refused", ...tooMuch });
        return;
      }
      const closes = checked.kind === "stream.close" ? checked.stream : undefined;
      if (closes !== undefined) forgetStream(slot, origin.edge, closes);
      this.enqueueIntent(slot, {
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
    if (!slot.isServing) {
      this.answer(origin, { type: "surely-not", leader: this.context.self });
      return;
    }
    const read: PendingRead = { ...origin, action, index: 0 };
    const context = this.nextRead;
    this.nextRead += 1;
    slot.reads.set(context, read);
    this.context.touched.add(slot);
    this.guard(slot, () => requestRead(slot.raft, this.beats.requestRound(), context));
  }

  /** Refused here and never at apply: how much is too much may differ from node to node (D-80). */
  private isBeyondProducers(slot: Replica, intent: Intent): boolean {
    if (intent.kind !== "enqueue" && intent.kind !== "enqueue.many") return false;
    if (!intent.producer) return false;
    if (slot.machine.kind !== "partition") return false;
    const { dedup } = slot.machine.partition;
    const { producerBytesMax } = this.context.config.limits;
    const isOver = dedup.heldBytes >= producerBytesMax && !dedup.knows(intent.producer);
    const isFarOver =
      dedup.heldBytes >= KNOWN_PRODUCERS_SHARE * producerBytesMax &&
      dedup.grows(intent.producer) &&
      dedup.find(intent.producer) === undefined;
    if (!isOver && !isFarOver) return false;
    this.context.budgets.countRefusal("producer_bytes");
    return true;
  }

  private answer(
    to: {
      readonly edge: number;
      readonly edgeIncarnation: number;
      readonly requestId: number;
      readonly attempt: number;
    },
    outcome: ReplyOutcome,
  ): void {
    const { edge, edgeIncarnation, requestId, attempt } = to;
    this.context.send(edge, { kind: "reply", edgeIncarnation, requestId, attempt, outcome });
  }

  enqueueIntent(slot: Replica, queued: QueuedIntent): void {
    const { queueIntentsMax, queueBytesMax } = this.context.config.limits;
    const isOwn = queued.isOwnWork === true;
    const isOverBytes = !isOwn && slot.queueBytes >= queueBytesMax;
    const isFull = isOverBytes || slot.queue.length >= (isOwn ? 2 : 1) * queueIntentsMax;
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
    budgets.queuedBytes += bytes;
    if (isRepeatable(queued.origin)) slot.inHand.add(queued.origin);
    slot.queue.push(queued);
    slot.queueBytes += requestBytes(queued);
    this.context.touched.add(slot);
  }

  // --- proposing ---------------------------------------------------------------------------------

  /** The first entry of a term; for a new partition its configuration comes right behind it. */
  proposeNoop(slot: Replica): void {
    this.append(slot, EntryKind.noop, []);
  }

  /** The own term's first entry is applied: from here this leader answers. */
  startServing(slot: Replica): void {
    slot.isServing = true;
    slot.lastGrantIndex = 0;
    if (slot.machine.kind === "partition") {
      const { partition } = slot.machine;
      if (!partition.level) this.proposePartitionInit(slot, slot.machine.topic);
      sendDigests(this.context, slot);
    } else if (!slot.machine.cluster.isBegun) this.proposeClusterInit(slot);
    this.context.wantsTurn = true;
  }

  private proposePartitionInit(slot: Replica, topic: string): void {
    const meta = this.context.groups.get(0)?.machine;
    const record = meta?.kind === "cluster" ? meta.cluster.topics.get(topic) : undefined;
    if (!record) return;
    const key = macKey(this.context.config.keySeed, slot.id, slot.raft.term);
    this.proposeFirst(slot, {
      kind: "partition.init",
      ...BEGIN,
      macKey: key,
      settings: record.settings,
    });
  }

  /** The members as configured; what counts from here on is what this entry says. */
  private proposeClusterInit(slot: Replica): void {
    const { members } = this.context;
    this.proposeFirst(slot, { kind: "cluster.init", ...BEGIN, members });
  }

  /** Ahead of everything that clients asked for meanwhile. */
  private proposeFirst(slot: Replica, first: Intent): void {
    const intent = encodeIntent(first);
    slot.queue.unshift({ intent, origin: { type: "none" }, isEnqueue: false, rows: 1, leases: 0 });
  }

  /** Once per turn: turns what is queued into entries and sends them off. */
  collect(slot: Replica, budget: { bytes: number }): void {
    const g = slot.raft;
    if (!g.isLeader) return;
    if (slot.isServing && g.handover === undefined) {
      this.proposeDue(slot);
      while (budget.bytes > 0 && this.hasRoom(slot)) {
        const before = slot.proposedBytes;
        if (!this.collectEntry(slot)) break;
        budget.bytes -= slot.proposedBytes - before;
      }
      continueDigests(this.context, slot);
      // What lacks room goes on when something was applied: until then turns would be for nothing.
      if (slot.queue.length > 0) {
        if (budget.bytes <= 0) this.context.wantsTurn = true;
        else this.context.budgets.isShort = true;
      }
    }
    replicate(g);
  }

  private hasRoom(slot: Replica): boolean {
    const { log, commitIndex } = slot.raft;
    const entries = log.lastIndex - commitIndex;
    if (log.lastIndex >= PROPOSED_INDEX_MAX) return false;
    return entries < UNCOMMITTED_ENTRIES_MAX && this.context.budgets.mayPropose(slot.proposedBytes);
  }

  private collectEntry(slot: Replica): boolean {
    const { entryIntentsMax, entryBytesMax } = this.context.config.limits;
    const taken: QueuedIntent[] = [];
    let bytes = 0;
    let ofRequests = 0;
    let coming = 0;
    let rows = 0;
    let leases = 0;
    const leasesMax = entryLeasesMax(slot);
    for (const queued of slot.queue) {
      const isOver =
        rows + queued.rows > entryIntentsMax ||
        bytes + queued.intent.length > entryBytesMax ||
        leases + queued.leases > leasesMax;
      if (taken.length > 0 && isOver) break;
      bytes += queued.intent.length;
      ofRequests += requestBytes(queued);
      this.context.budgets.queuedBytes -= forwardedBytes(queued, this.context.self);
      rows += queued.rows;
      leases += queued.leases;
      if (queued.isEnqueue || queued.isReturn) coming += queued.rows;
      taken.push(queued);
    }
    slot.queue = slot.queue.slice(taken.length);
    slot.queueBytes -= ofRequests;
    // Standing credits ride behind what makes messages ready in the same entry (D-6).
    // They have intents of their own, or a queue that is never empty would starve every consumer.
    const room = {
      intents: Math.min(entryIntentsMax, OFFSETS_PER_ENTRY - rows),
      leases: leasesMax - leases,
    };
    for (const grant of standingIntents(this.context, slot, coming, room)) taken.push(grant);
    if (taken.length === 0) return false;
    this.append(slot, EntryKind.command, taken);
    return true;
  }

  tick(slot: Replica): void {
    purgeIdle(this.context, slot);
  }

  /** Proposes a tick when a timer is due and nothing else will carry time forward (D-19). */
  private proposeDue(slot: Replica): void {
    const g = slot.raft;
    if (slot.dueMs > this.context.monotonicMs || slot.queue.length > 0) return;
    // One on its way is enough; its apply sets the next due time.
    if (slot.lastTickIndex > g.appliedIndex || g.appliedIndex < g.log.lastIndex) return;
    slot.queue.push({
      intent: TICK_INTENT,
      origin: { type: "none" },
      isEnqueue: false,
      rows: 1,
      leases: 0,
    });
    slot.lastTickIndex = g.log.lastIndex + 1;
    slot.tickedMs = this.context.monotonicMs;
  }

  /** When the group's next timer is due, by the clock that carries its time. */
  updateDue(slot: Replica): void {
    this.context.due.set(slot, this.dueMsOf(slot));
  }

  private dueMsOf(slot: Replica): number {
    if (!slot.isServing || slot.machine.kind !== "partition") return Infinity;
    const next = slot.machine.partition.nextTimerMs;
    if (next === Infinity) return Infinity;
    const { monotonicMs } = this.context;
    const leftMs = next - slot.raft.stampNowMs();
    // What is on its way carries time forward, and its apply looks again.
    if (leftMs <= 0 && slot.raft.appliedIndex < slot.raft.log.lastIndex) return Infinity;
    return Math.max(monotonicMs + Math.max(0, leftMs), slot.tickedMs + TICK_GRAIN_MS);
  }

  private append(slot: Replica, kind: number, queued: readonly QueuedIntent[]): void {
    const g = slot.raft;
    const index = g.log.lastIndex + 1;
    const rows = queued.reduce((sum, q) => sum + q.rows, 0);
    assert(rows <= OFFSETS_PER_ENTRY, "D-10: rows of an entry must fit 14 bits");
    const { seedHi, seedLo } = this.context.config;
    const [entryHi, entryLo] = entrySeed(seedHi, seedLo, g.id, index, g.term);
    const intents = queued.map((q) => q.intent);
    const entry = { kind, stampMs: g.stampNowMs(), seedHi: entryHi, seedLo: entryLo, intents };
    const block = encodeBlock(g.id, index, g.term, g.log.lastTerm, [entry], this.context.crc);
    const origins = queued.map((q) => q.origin);
    if (origins.some((o) => o.type === "grant")) slot.lastGrantIndex = index;
    // What an earlier leadership proposed may be gone from the log, and only its answers are waited for.
    if (slot.proposedTerm !== g.term) {
      this.countProposed(slot, -slot.proposedBytes);
      slot.proposedTerm = g.term;
    }
    this.forget(slot, index);
    slot.proposed.set(index, { term: g.term, origins, bytes: block.bytes.length });
    this.countProposed(slot, block.bytes.length);
    appendOwn(g, block);
    this.context.observer?.proposed(g.id, index, g.term, this.waitedUs(queued));
  }

  private countProposed(slot: Replica, bytes: number): void {
    const { budgets } = this.context;
    slot.proposedBytes += bytes;
    budgets.proposedBytes += bytes;
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
  applied(slot: Replica, index: number, term: number, results: IntentResult[] | undefined): void {
    const waiting = slot.proposed.get(index);
    if (waiting) {
      slot.proposed.delete(index);
      if (waiting.term === slot.proposedTerm) this.countProposed(slot, -waiting.bytes);
      const isOurs = waiting.term === term && results !== undefined;
      waiting.origins.forEach((origin, i) => {
        if (isOurs) this.deliverResult(slot, origin, results[i], index);
        else this.overwritten(slot, origin);
      });
    }
    if (slot.isServing) pushLadders(this.context, slot);
  }

  private deliverResult(slot: Replica, origin: Origin, result: IntentResult, index: number): void {
    if (isRepeatable(origin)) slot.inHand.delete(origin);
    if (origin.type === "request") {
      const answer = (): void => this.answer(origin, outcomeOf(result, index));
      const { edge, edgeIncarnation, closes: stream } = origin;
      // Before the answer and in its lane: an edge that has the answer has seen what the stream was granted.
      if (stream === undefined) answer();
      else sendLastDigest(this.context, slot, { edge, edgeIncarnation, stream }, answer);
    }
    if (origin.type === "grant") answerGrant(this.context, slot, origin, result, index);
  }

  /**
   * Makes room for a new entry at an index where an earlier leadership of this node had proposed one.
   * Nobody is answered: another voter may still hold the old entry, lead later and commit it, so only
   * an applied entry of another term proves that it never will be (D-11).
   */
  private forget(slot: Replica, index: number): void {
    const waiting = slot.proposed.get(index);
    if (!waiting) return;
    slot.proposed.delete(index);
    if (waiting.term === slot.proposedTerm) this.countProposed(slot, -waiting.bytes);
  }

  /** Another term's entry took the slot: surely not applied, may be proposed again (D-11). */
  private overwritten(slot: Replica, origin: Origin): void {
    if (origin.type === "request") {
      this.answer(origin, { type: "surely-not", leader: slot.raft.leader });
    }
  }

  /** No longer leader: what was only queued is surely not applied; what is in the log stays open. */
  lostLeadership(slot: Replica): void {
    const { queue } = slot;
    slot.queue = [];
    slot.queueBytes = 0;
    slot.inHand.clear();
    slot.isServing = false;
    // Only what a present leadership has under way takes room: the rest is the next leader's.
    this.countProposed(slot, -slot.proposedBytes);
    slot.proposedTerm = 0;
    this.context.due.delete(slot);
    for (const queued of queue) {
      this.context.budgets.queuedBytes -= forwardedBytes(queued, this.context.self);
      this.overwritten(slot, queued.origin);
    }
    for (const read of [...slot.reads.values(), ...slot.confirmedReads]) {
      this.answer(read, { type: "surely-not", leader: slot.raft.leader });
    }
    slot.reads.clear();
    slot.confirmedReads = [];
    // Who is not answered asks the next leader.
    slot.digests = [];
    slot.raft.pendingReads = [];
    dropStanding(this.context, slot);
  }

  // --- reads -------------------------------------------------------------------------------------

  readConfirmed(slot: Replica, index: number, context: number): void {
    const read = slot.reads.get(context);
    assert(read !== undefined, `R11: read ${context} must be pending`);
    slot.reads.delete(context);
    read.index = index;
    slot.confirmedReads.push(read);
    this.serveReads(slot);
  }

  /**
   * Serves the confirmed reads whose index is applied, as far as the turn's budget of rows goes: many peeks that come
   * together must not hold up beats and votes.
   */
  serveReads(slot: Replica): void {
    if (slot.confirmedReads.length === 0) return;
    const applied = slot.raft.appliedIndex;
    const waiting: PendingRead[] = [];
    for (const read of slot.confirmedReads) {
      const isApplied = read.index <= applied;
      if (isApplied && this.context.turnRows <= 0) this.context.wantsTurn = true;
      if (!isApplied || this.context.turnRows <= 0) waiting.push(read);
      else this.answer(read, { type: "done", index: read.index, body: this.readBody(slot, read) });
    }
    slot.confirmedReads = waiting;
  }

  private readBody(slot: Replica, read: PendingRead): Uint8Array {
    if (slot.machine.kind !== "partition" || read.action.type === "barrier")
      return new Uint8Array(0);
    const { partition } = slot.machine;
    if (read.action.type === "read.peek") {
      // A peer may ask for anything.
      const limit = Math.min(read.action.limit, PAGE_MAX);
      this.context.turnRows -= limit;
      return peekBody(partition, limit, read.action.includeDlq);
    }
    return encodePartitionCounts(partition.counts);
  }
}

/** What apply grants in one entry; a group that has not begun is begun by this very leader. */
function entryLeasesMax({ machine }: Replica): number {
  const level = machine.kind === "partition" ? machine.partition.level : undefined;
  return (level ?? NEWEST_LEVEL).entryLeasesMax;
}
