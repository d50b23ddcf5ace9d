// All consumers' streams of this node: opening, credits, delivery, closing, digests. How grants are
// asked for lives beside it: standing.ts for one partition, rounds.ts for several. Invariants:
//   CUR1 `current` names the one stream that a client's stream has, which is open, and no closed one;
//   CUR2 a client's stream waits for a filter or has a stream, never both.

import type { PartitionPlace, TopicRecord } from "../../cluster/cluster-state.js";
import type { Digest, Granted, GrantedItem, Ladder } from "../../wire/messages.js";
import type { ClientEvent, Failure, Mode } from "../../contract/api.js";
import { UINT32_MAX } from "../../contract/limits/units.js";
import { assert } from "../../lib/assert.js";
import type { LeaseName } from "../../lib/lease-name.js";
import type { HostContext } from "../../member/context.js";
import type { Operations } from "../requests/operations.js";
import { creditsProblem, filterProblem, invalid, leaseMsOf } from "../requests/validate.js";
import { EdgeStream, type Source } from "./edge-stream.js";
import { Outbox, type Handed } from "./outbox.js";
import { GiveBacks } from "./give-backs.js";
import { PopCarrier } from "./pop-carrier.js";
import { onLadder, onRoundGranted, tickRounds, wakeRounds } from "./rounds.js";
import type { StreamCarrier } from "./stream-carrier.js";
import type { StreamHost } from "./stream-host.js";
import { NO_FILTER, topicGone } from "./stream-problems.js";
import { countAnew, onStandingGranted, stand, tickStanding } from "./standing.js";

const CREDITS_MAX = UINT32_MAX;
/**
 * A closed stream is remembered for so long, so that late grants go back undelivered; and until its closes are
 * answered, since behind them comes what it was granted (D-91).
 */
const REMEMBER_MS = 60_000;
/** A filter must come within this time of the first credits (wire contract, section 9). */
const FILTER_WAIT_MS = 10_000;

/** A stream that has sent no valid filter yet. */
interface Opening {
  credits: number;
  isHalfClosed: boolean;
  filter: Extract<ClientEvent, { kind: "stream.filter" }> | undefined;
  /** A filter waits for news of its topic. */
  isLookingUp: boolean;
  readonly sinceMs: number;
}

export class Streams implements StreamHost {
  readonly context: HostContext;
  readonly operations: Operations;
  /** By the number on the wire. */
  private readonly streams = new Map<number, EdgeStream>();
  /** The client's stream to its current number. */
  private readonly current = new Map<number, EdgeStream>();
  private readonly openings = new Map<number, Opening>();
  /** By the client's stream; kept after its end until the carrier has settled what it holds. */
  private readonly outboxes = new Map<number, Outbox>();
  private readonly giveBacks: GiveBacks;
  /** Streams of one partition whose credits changed in this turn, in the order of their changes. */
  private readonly toStand = new Set<EdgeStream>();
  private nextNumber = 1;
  private readonly findTopic: (topic: string) => TopicRecord | undefined;
  private readonly findPlace: (group: number) => PartitionPlace | undefined;
  private readonly pops: StreamCarrier;
  private readonly sessions: StreamCarrier;

  constructor(
    context: HostContext,
    operations: Operations,
    around: {
      readonly findTopic: (topic: string) => TopicRecord | undefined;
      readonly findPlace: (group: number) => PartitionPlace | undefined;
      /** Of the consumers of sessions, whose numbers are negative. */
      readonly sessions: StreamCarrier;
    },
  ) {
    this.context = context;
    this.operations = operations;
    this.giveBacks = new GiveBacks(context, operations);
    this.findTopic = around.findTopic;
    this.findPlace = around.findPlace;
    this.pops = new PopCarrier(context);
    this.sessions = around.sessions;
  }

  private carrierOf(clientStream: number): StreamCarrier {
    return clientStream < 0 ? this.sessions : this.pops;
  }

  modeOf(topic: string): Mode {
    return this.findTopic(topic)?.settings.mode ?? "MIN";
  }

  /** Streams of which something is kept, closed ones included. */
  get heldCount(): number {
    return this.streams.size + this.openings.size + this.outboxes.size + this.toStand.size;
  }

  /** Grants that are remembered for all streams. */
  get handledCount(): number {
    let count = 0;
    for (const { sources } of this.streams.values()) {
      for (const { handled } of sources) count += handled.size;
    }
    return count;
  }

  get openCount(): number {
    return this.current.size + this.openings.size;
  }

  // --- the client's side -------------------------------------------------------------------------

  onFilter(event: Extract<ClientEvent, { kind: "stream.filter" }>): void {
    if (this.isOneTooMany(event.streamId)) return;
    const old = this.current.get(event.streamId);
    const opening = this.openings.get(event.streamId) ?? this.newOpening(old);
    if (old) this.replace(old);
    opening.filter = event;
    this.openings.set(event.streamId, opening);
    const failure = filterProblem(event, this.context.nodeLimits);
    if (failure) this.end(event.streamId, failure);
    else this.tryOpen(event.streamId, opening, false);
  }

  /** Goes on with what the old filter's stream had left. */
  private newOpening(old: EdgeStream | undefined): Opening {
    return {
      credits: old?.credits ?? 0,
      isHalfClosed: old?.isHalfClosed ?? false,
      filter: undefined,
      isLookingUp: false,
      sinceMs: this.context.monotonicMs,
    };
  }

  /** Refuses a stream that is not open yet when there are as many as there may be (D-92). */
  private isOneTooMany(clientStream: number): boolean {
    if (this.current.has(clientStream) || this.openings.has(clientStream)) return false;
    const failure = this.context.budgets.streamProblem(this.openCount);
    if (failure) this.end(clientStream, failure);
    return failure !== undefined;
  }

  /** Opens when the topic is known; otherwise asks the meta group once. */
  private tryOpen(clientStream: number, opening: Opening, isFresh: boolean): void {
    const { filter } = opening;
    if (!filter) return;
    const record = this.findTopic(filter.topic);
    if (!record || record.isDeleting) {
      if (!isFresh && !opening.isLookingUp) {
        opening.isLookingUp = true;
        this.operations.makeCurrent((failure) => this.topicsCurrent(clientStream, failure));
      } else if (isFresh) {
        const message = `topic "${filter.topic}" not found; create it first, or check the name`;
        this.end(clientStream, { code: "NOT_FOUND", message });
      }
      return;
    }
    const wrong = filter.partitionIds.find((id) => id >= record.settings.partitions);
    if (wrong !== undefined) {
      const last = record.settings.partitions - 1;
      const topic = `topic "${filter.topic}" has partitions 0 to ${last}`;
      this.end(clientStream, invalid(`partition_ids names ${wrong}; ${topic}`));
      return;
    }
    this.openings.delete(clientStream);
    assert(!this.current.has(clientStream), "CUR2: what waits for its filter has no stream");
    const outbox = this.outboxes.get(clientStream) ?? new Outbox();
    this.outboxes.set(clientStream, outbox);
    const ids = new Set(filter.partitionIds);
    const stream = new EdgeStream({
      number: this.nextNumber,
      clientStream,
      topic: filter.topic,
      places: record.partitions.filter((p) => ids.size === 0 || ids.has(p.partition)),
      visibilityMs: leaseMsOf(filter.visibilityMs ?? record.settings.visibilityMs),
      outbox,
      nowMs: this.context.monotonicMs,
    });
    this.nextNumber += 1;
    stream.credits = opening.credits;
    stream.isHalfClosed = opening.isHalfClosed;
    this.streams.set(stream.number, stream);
    this.current.set(clientStream, stream);
    this.advance(stream);
  }

  /** The meta table is current for a stream that waited; `failure` when it could not be asked. */
  private topicsCurrent(clientStream: number, failure: Failure | undefined): void {
    const opening = this.openings.get(clientStream);
    if (!opening) return;
    opening.isLookingUp = false;
    if (failure) this.end(clientStream, failure);
    else this.tryOpen(clientStream, opening, true);
  }

  onCredits(clientStream: number, credits: number): void {
    const failure = creditsProblem(credits, this.context.nodeLimits);
    if (failure) this.end(clientStream, failure);
    else this.addCredits(clientStream, credits);
  }

  private addCredits(clientStream: number, credits: number): void {
    const stream = this.current.get(clientStream);
    if (stream) {
      stream.credits = Math.min(CREDITS_MAX, stream.credits + credits);
      this.advance(stream);
      return;
    }
    if (this.isOneTooMany(clientStream)) return;
    const opening = this.openings.get(clientStream) ?? this.newOpening(undefined);
    opening.credits = Math.min(CREDITS_MAX, opening.credits + credits);
    this.openings.set(clientStream, opening);
  }

  /** Nothing more is asked for; the stream stays, and with it what it delivered. */
  stopAsking(clientStream: number): void {
    const stream = this.current.get(clientStream) ?? this.openings.get(clientStream);
    if (!stream) return;
    stream.credits = 0;
    if (stream instanceof EdgeStream) this.advance(stream);
  }

  onHalfClose(clientStream: number): void {
    const opening = this.openings.get(clientStream);
    if (opening) opening.isHalfClosed = true;
    const stream = this.current.get(clientStream);
    if (!stream) {
      if (!opening?.filter) this.end(clientStream, NO_FILTER);
      return;
    }
    stream.isHalfClosed = true;
    this.endIfDone(stream);
    this.advance(stream);
  }

  /** `isGraceful`: what was delivered keeps its lease whole. */
  onCancel(clientStream: number, isGraceful = false): void {
    this.openings.delete(clientStream);
    const outbox = this.outboxes.get(clientStream);
    this.outboxes.delete(clientStream);
    for (const item of outbox?.takeAll() ?? []) this.release(item.place, item);
    const stream = this.current.get(clientStream);
    if (stream) this.close(stream, isGraceful ? stream.visibilityMs : undefined);
  }

  /** What the carrier still holds for the old filter is nothing for the new one. */
  private replace(old: EdgeStream): void {
    if (!old.outbox.isEmpty) this.recall(old);
    this.close(old);
  }

  // --- the carrier's side ------------------------------------------------------------------------

  /** The carrier settles the oldest of what it holds: written, or given back. */
  onSettled(event: Extract<ClientEvent, { kind: "stream.written" | "stream.returned" }>): void {
    const { streamId, count } = event;
    const outbox = this.outboxes.get(streamId);
    if (!outbox) return;
    if (event.kind === "stream.written") outbox.written(count, this.context.monotonicMs);
    else this.undelivered(streamId, outbox.take(count));
    const stream = this.current.get(streamId);
    if (stream) this.endIfDone(stream);
    else if (outbox.isEmpty && !this.openings.has(streamId)) this.outboxes.delete(streamId);
  }

  /** Their credits are not spent: credits bound what is written. */
  private undelivered(clientStream: number, items: readonly Handed[]): void {
    for (const item of items) this.release(item.place, item);
    const isOpen = this.current.has(clientStream) || this.openings.has(clientStream);
    if (isOpen) this.addCredits(clientStream, items.length);
  }

  onDrained(clientStream: number): void {
    const outbox = this.outboxes.get(clientStream);
    if (!outbox) return;
    outbox.isStalled = false;
    const stream = this.current.get(clientStream);
    if (stream) this.advance(stream);
  }

  /** Nobody else can have the messages that lie here for a slow reader: they go back. */
  private recall(stream: EdgeStream): void {
    stream.outbox.isStalled = true;
    this.carrierOf(stream.clientStream).recall(stream.clientStream);
  }

  /** The transport takes nothing of another stream that shares it. */
  hold(clientStream: number): void {
    const outbox = this.outboxes.get(clientStream);
    if (outbox) outbox.isStalled = true;
  }

  /** Asks for grants as far as credits allow: of one partition once for all that happened, in one message. */
  advance(stream: EdgeStream): void {
    if (stream.isClosed) return;
    if (stream.isSingle) this.toStand.add(stream);
    else wakeRounds(this, stream);
  }

  /** Before the turn's entries are made and after its applies: credits that changed stand at their leaders. */
  collect(): void {
    for (const stream of this.toStand) if (!stream.isClosed) stand(this, stream, false);
    this.toStand.clear();
  }

  // --- delivery ----------------------------------------------------------------------------------

  onGranted(from: number, m: Granted): void {
    if (m.edgeIncarnation !== this.context.incarnation) return;
    const stream = this.streams.get(m.stream);
    const source = stream?.sourceOf(m.group);
    if (!stream || !source) {
      // Closed long ago: whatever it was granted goes back.
      const place = this.findPlace(m.group);
      if (place) for (const item of m.items) this.release(place, item);
      return;
    }
    if (m.index !== 0 && source.handled.isDone(m.index, m.round)) return;
    if (m.state === "closed") {
      this.end(stream.clientStream, topicGone(stream.topic));
      return;
    }
    if (stream.isSingle) onStandingGranted(this, stream, source, from, m);
    else onRoundGranted(this, stream, source, m);
  }

  /** Hands one item to the carrier, or gives it back when it may not be written any more. */
  deliver(stream: EdgeStream, source: Source, item: GrantedItem, serial: number): void {
    const now = this.context.monotonicMs;
    const leaseLeftMs = leaseLeft(stream, item, serial, now);
    if (leaseLeftMs <= 0 && !stream.isClosed) this.context.grantsLate += 1;
    if (stream.isClosed || stream.openCredits === 0 || leaseLeftMs <= 0) {
      this.release(source.place, item);
      return;
    }
    const carrier = this.carrierOf(stream.clientStream);
    const problem = carrier.problemWith(stream.clientStream, item);
    if (problem) {
      this.release(source.place, item);
      this.end(stream.clientStream, problem);
      return;
    }
    stream.credits -= 1;
    stream.lastDeliveryMs = now;
    const { index, offset, fence } = item;
    stream.outbox.hand({
      place: source.place,
      index,
      offset,
      fence,
      handedMs: now,
      patienceMs: patienceMs(stream),
      overMs: now + leaseLeftMs,
    });
    carrier.deliver(stream, source.place, item, leaseLeftMs);
  }

  release(place: PartitionPlace, lease: LeaseName): void {
    this.giveBacks.release(place, lease);
  }

  onLadder(from: number, m: Ladder): void {
    if (m.edgeIncarnation !== this.context.incarnation) return;
    const stream = this.streams.get(m.stream);
    const source = stream?.sourceOf(m.group);
    if (!stream || !source || stream.isClosed) return;
    if (m.state === "closed") this.end(stream.clientStream, topicGone(stream.topic));
    else onLadder(this, stream, source, from, m);
  }

  /** A leader names the leases this node holds: what was never handled here goes back (D-22). */
  onDigest(m: Digest): void {
    if (m.edgeIncarnation !== this.context.incarnation) return;
    const place = this.findPlace(m.group);
    if (!place) return;
    const strangers = new Set<number>();
    const { disconnectGraceMs } = this.context.config.defaults;
    for (const lease of m.leases) {
      const stream = this.streams.get(lease.stream);
      const source = stream?.sourceOf(m.group);
      if (!stream || !source) {
        // What comes of a close needs no second one.
        if (lease.stream !== m.stream) strangers.add(lease.stream);
        continue;
      }
      if (source.handled.wasHandled(lease.grantIndex, lease.round)) continue;
      const isNews = !source.handled.isDone(lease.grantIndex, lease.round);
      if (isNews && lease.round === source.round) source.received += 1;
      this.giveBacks.releaseNamed(place, lease);
    }
    for (const lease of m.leases) {
      const source = this.streams.get(lease.stream)?.sourceOf(m.group);
      if (source?.handled.wasHandled(lease.grantIndex, lease.round) !== false) continue;
      source.handled.refuse(lease.grantIndex, lease.round);
    }
    for (const number of strangers) this.giveBacks.close(place, number, disconnectGraceMs);
    if (!m.isLast) return;
    const asked = this.streams.get(m.stream);
    const source = asked?.sourceOf(m.group);
    if (!asked || !source) return;
    // What is still missing after the digest has ended by itself: count anew.
    if (source.missing > source.received) countAnew(source);
    source.missing = 0;
    source.missingSinceMs = 0;
    this.advance(asked);
  }

  // --- ends --------------------------------------------------------------------------------------

  /** Half-closed streams end with OK when their credits are spent or nothing is ready, and all is written. */
  endIfDone(stream: EdgeStream): void {
    if (stream.isClosed || !stream.isHalfClosed || !stream.outbox.isEmpty) return;
    if (stream.credits === 0 || stream.emptyAnswers >= 2)
      this.end(stream.clientStream, undefined, true);
  }

  /** Ends the client's stream. Delivered leases stay valid after a graceful end. */
  end(clientStream: number, failure: Failure | undefined, isGraceful = false): void {
    this.retire(clientStream, isGraceful);
    this.carrierOf(clientStream).ended(clientStream, failure);
  }

  /** Nobody is told; the carrier still settles what it holds. */
  retire(clientStream: number, isGraceful: boolean): void {
    this.openings.delete(clientStream);
    const stream = this.current.get(clientStream);
    if (stream) this.close(stream, isGraceful ? stream.visibilityMs : undefined);
    if (this.outboxes.get(clientStream)?.isEmpty) this.outboxes.delete(clientStream);
  }

  private close(
    stream: EdgeStream,
    graceMs = this.context.config.defaults.disconnectGraceMs,
  ): void {
    assert(this.current.get(stream.clientStream) === stream, "CUR1: a stream is closed once");
    stream.closeAt(this.context.monotonicMs);
    this.current.delete(stream.clientStream);
    if (stream.round) {
      for (const { source, item } of stream.round.items) this.release(source.place, item);
      stream.round = undefined;
    }
    for (const source of stream.sources) {
      if (!source.isTouched) continue;
      stream.unanswered += 1;
      this.giveBacks.close(source.place, stream.number, graceMs, () => (stream.unanswered -= 1));
    }
  }

  /** A topic is gone: its streams end. */
  topicDeleted(topic: string): void {
    for (const stream of [...this.current.values()]) {
      if (stream.topic === topic) this.end(stream.clientStream, topicGone(topic));
    }
  }

  tick(): void {
    const now = this.context.monotonicMs;
    for (const [clientStream, opening] of this.openings) {
      if (opening.filter || now - opening.sinceMs < FILTER_WAIT_MS) continue;
      this.end(clientStream, NO_FILTER);
    }
    const { streamIdleTimeoutMs: idleMs, streamStallMs } = this.context.config.defaults;
    for (const stream of [...this.streams.values()]) {
      if (stream.isClosed) {
        const isOver = stream.unanswered === 0 && now - stream.closedMs > REMEMBER_MS;
        if (isOver) this.streams.delete(stream.number);
        continue;
      }
      if (idleMs > 0 && now - stream.lastDeliveryMs >= idleMs) {
        this.end(stream.clientStream, undefined, true);
        continue;
      }
      const stallMs = Math.min(streamStallMs, patienceMs(stream));
      if (stream.outbox.isOverdue(now, stallMs)) {
        this.recall(stream);
        this.advance(stream);
      }
      if (stream.isSingle) tickStanding(this, stream);
      else tickRounds(this, stream);
      this.endIfDone(stream);
    }
  }

  /** A group's leader changed, as far as this node sees: standing credits must stand there. */
  leaderChanged(group: number): void {
    for (const stream of this.current.values()) {
      const source = stream.sourceOf(group);
      if (source && stream.isSingle) stand(this, stream, true);
    }
  }
}

/** What is left of a lease, counted from when the request that the grant echoes was sent (D-25). */
function leaseLeft(stream: EdgeStream, item: GrantedItem, serial: number, nowMs: number): number {
  const sentMs = stream.sentAt(serial);
  return sentMs === undefined ? 0 : sentMs + item.leaseMs - nowMs;
}

/** Half the visibility: what waits longer is of no use to its reader, and others could have it. */
function patienceMs(stream: EdgeStream): number {
  return Math.floor(stream.visibilityMs / 2);
}
