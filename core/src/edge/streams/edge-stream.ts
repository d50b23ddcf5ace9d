// One consumer's stream at the node it is connected to. Invariants:
//   Q16 items written never exceed the credits; per group in grant order;
//   E1 of every grant that arrives, each item is either handed to the carrier or given back undelivered,
//      once; the carrier's outbox says what becomes of the former.

import type { PartitionPlace } from "../../cluster/cluster-state.js";
import type { GrantedItem, Ladder } from "../../wire/messages.js";
import { HandledGrants } from "./handled.js";
import type { Outbox } from "./outbox.js";
import { Pace } from "./pace.js";
import { SentSerials } from "./sent-serials.js";
import { Trust } from "./trust.js";

/** Candidates of a partition, and when they were asked for: that is their age, whenever they come (D-2). */
interface View {
  readonly rungs: Ladder["rungs"];
  readonly askedMs: number;
}

/** What this stream knows of one partition. */
export interface Source {
  readonly place: PartitionPlace;
  readonly handled: HandledGrants;
  /** How fast its leader answers questions, and commits grants. */
  readonly askPace: Pace;
  readonly grantPace: Pace;
  readonly trust: Trust;
  /** Who last offered candidates; 0: nobody yet. */
  leader: number;
  /** The newest candidates that no choice has used. */
  view: View | undefined;
  /** It let a question wait in vain, and has said nothing since: nobody waits for it. */
  isSilent: boolean;
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

interface RoundState {
  readonly untilMs: number;
  readonly waiting: Set<number>;
  readonly items: {
    readonly source: Source;
    readonly item: GrantedItem;
    readonly serial: number;
  }[];
}

interface AskState {
  readonly serial: number;
  readonly untilMs: number;
  /** The choice is not made without these, until the time is over. */
  readonly waiting: Set<number>;
  /** Those whose leader has said nothing to this question yet. */
  readonly unanswered: Set<number>;
}

/** Handled grants that are remembered for all sources of a stream, and at least for each of them. */
const HANDLED_MAX = 4096;
const HANDLED_MIN = 128;

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
  /** Partitions that were told of its close and have not answered. */
  unanswered = 0;
  lastDeliveryMs = 0;
  serial = 0;
  ask: AskState | undefined;
  round: RoundState | undefined;
  roundNumber = 0;
  nextAskMs = 0;
  /** Consecutive answers that nothing is ready, since the half-close. */
  emptyAnswers = 0;
  private readonly sent = new SentSerials();

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
    const handledMax = Math.max(HANDLED_MIN, Math.floor(HANDLED_MAX / options.places.length));
    this.sources = options.places.map((place) => ({
      place,
      handled: new HandledGrants(handledMax),
      askPace: new Pace(),
      grantPace: new Pace(),
      trust: new Trust(),
      leader: 0,
      view: undefined,
      isSilent: false,
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
    this.sent.add(this.serial, nowMs, this.visibilityMs);
    return this.serial;
  }

  /** Nothing is asked for any more; what still comes goes back, whatever its age. */
  closeAt(nowMs: number): void {
    this.isClosed = true;
    this.closedMs = nowMs;
    this.credits = 0;
    this.sent.clear();
  }

  /** When the request with this serial left; undefined when it is too long ago to tell. */
  sentAt(serial: number): number | undefined {
    return this.sent.sentAt(serial);
  }
}
