// One consumer's stream at the node it is connected to. Invariants:
//   Q16 items written never exceed the credits; per group in grant order;
//   E1 of every grant that arrives, each item is either handed to the carrier or given back undelivered,
//      once; the carrier's outbox says what becomes of the former.

import type { PartitionPlace } from "../../cluster/cluster.js";
import type { GrantedItem } from "../../wire/messages.js";
import type { Outbox } from "./outbox.js";

/** What this stream knows of one partition. */
export interface Source {
  readonly place: PartitionPlace;
  /** Highest log index whose grants were handled here. */
  through: number;
  /** Lately handled log indices, so that a frame that comes twice is recognised. */
  readonly handled: Set<number>;
  /** A grant request went there at least once: on close it must be told. */
  isTouched: boolean;
  round: number;
  /** Items of `round` that arrived, written or given back. */
  received: number;
  /** `n` of the last request. */
  asked: number;
  lastSentMs: number;
  /** When its leader was last heard from, or another member was tried. */
  lastHeardMs: number;
  /** Since when the leader reports more grants than arrived; 0 when it does not. */
  missingSinceMs: number;
  missing: number;
  tries: number;
}

export interface RoundState {
  readonly startedMs: number;
  readonly waiting: Set<number>;
  readonly items: {
    readonly source: Source;
    readonly item: GrantedItem;
    readonly serial: number;
  }[];
}

export interface AskState {
  readonly serial: number;
  readonly startedMs: number;
  readonly waiting: Set<number>;
  readonly rungs: { group: number; hi: number; lo: number; count: number }[];
}

/** Handled indices that are remembered for all sources of a stream, and at least for each of them. */
const HANDLED_MAX = 4096;
const HANDLED_MIN = 128;
const SENT_MAX = 64;

export class EdgeStream {
  /** Number on the wire: a new filter makes a new one, so that old grants cannot be mistaken. */
  readonly number: number;
  readonly clientStream: number;
  readonly topic: string;
  readonly sources: readonly Source[];
  readonly visibilityMs: number;
  readonly outbox: Outbox;
  credits = 0;
  isHalfClosed = false;
  isClosed = false;
  closedMs = 0;
  lastDeliveryMs = 0;
  serial = 0;
  ask: AskState | undefined;
  round: RoundState | undefined;
  roundNumber = 0;
  nextAskMs = 0;
  /** Consecutive answers that nothing is ready, since the half-close. */
  emptyAnswers = 0;
  private readonly sentMs = new Map<number, number>();
  private readonly handledMax: number;

  constructor(options: {
    readonly number: number;
    readonly clientStream: number;
    readonly topic: string;
    readonly places: readonly PartitionPlace[];
    readonly visibilityMs: number;
    readonly outbox: Outbox;
    readonly nowMs: number;
  }) {
    this.number = options.number;
    this.clientStream = options.clientStream;
    this.topic = options.topic;
    this.visibilityMs = options.visibilityMs;
    this.outbox = options.outbox;
    this.lastDeliveryMs = options.nowMs;
    this.handledMax = Math.max(HANDLED_MIN, Math.floor(HANDLED_MAX / options.places.length));
    this.sources = options.places.map((place) => ({
      place,
      through: 0,
      handled: new Set(),
      isTouched: false,
      round: 1,
      received: 0,
      asked: 0,
      lastSentMs: -Infinity,
      lastHeardMs: options.nowMs,
      missingSinceMs: 0,
      missing: 0,
      tries: 0,
    }));
  }

  /** Credits that may be asked for: none while the transport takes nothing. */
  get openCredits(): number {
    return this.outbox.isStalled ? 0 : this.credits;
  }

  get isSingle(): boolean {
    return this.sources.length === 1;
  }

  sourceOf(group: number): Source | undefined {
    return this.sources.find((s) => s.place.group === group);
  }

  /** A fresh serial, with the time it was sent: a grant that echoes it is not older (D-25). */
  nextSerial(nowMs: number): number {
    this.serial += 1;
    this.sentMs.set(this.serial, nowMs);
    this.sentMs.delete(this.serial - SENT_MAX);
    return this.serial;
  }

  /** Nothing is asked for any more; what still comes goes back, whatever its age. */
  closeAt(nowMs: number): void {
    this.isClosed = true;
    this.closedMs = nowMs;
    this.credits = 0;
    this.sentMs.clear();
  }

  /** When the request with this serial left; undefined when it is too long ago to tell. */
  sentAt(serial: number): number | undefined {
    return this.sentMs.get(serial);
  }

  /** What fell out of the memory of handled indices was handled. */
  wasHandled(source: Source, index: number): boolean {
    if (source.handled.has(index)) return true;
    if (source.handled.size < this.handledMax) return false;
    for (const oldest of source.handled) return index < oldest;
    return false;
  }

  markHandled(source: Source, index: number): void {
    source.through = Math.max(source.through, index);
    source.handled.add(index);
    if (source.handled.size <= this.handledMax) return;
    for (const oldest of source.handled) {
      source.handled.delete(oldest);
      break;
    }
  }
}
