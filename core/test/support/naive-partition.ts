// A partition written from the contract, with plain arrays and no index: what the machine is compared
// with. It decides every intent by looking through everything it holds.

import { backoffMs } from "../../src/delivery/backoff.js";
import { LEVEL_1 } from "../../src/machine/levels/level-1.js";
import type { IntentResult } from "../../src/machine/results.js";
import type { Mode, ProducerTriple, TopicSettings } from "../../src/contract/api.js";
import { hash32 } from "../../src/lib/hash.js";
import { compareInt64 } from "../../src/lib/int64.js";
import type { Intent, TokenParts } from "../../src/wire/intents.js";

export interface NaiveLease {
  readonly edge: number;
  readonly edgeIncarnation: number;
  readonly stream: number;
  readonly round: number;
  readonly grantedMs: number;
  readonly grantIndex: number;
}

export interface NaiveMessage {
  readonly index: number;
  readonly offset: number;
  readonly enqueuedMs: number;
  readonly hi: number;
  readonly lo: number;
  readonly maxRetries: number;
  readonly producer: ProducerTriple | undefined;
  state: "ready" | "delayed" | "leased" | "dead";
  attempts: number;
  fence: number;
  timeMs: number;
  lease: NaiveLease | undefined;
  /** Of the lease with the fence above. */
  ended: "no" | "expired" | "settled" | "released";
}

export interface NaiveStream {
  readonly edge: number;
  readonly stream: number;
  round: number;
  granted: number;
  isClosed: boolean;
}

export interface NaiveTombstone {
  readonly index: number;
  readonly offset: number;
  readonly fence: number;
  /** 1 acknowledged, 2 rejected, 3 expired, 4 given back. */
  settled: number;
  readonly stampMs: number;
}

type Lease = Pick<TokenParts, "index" | "offset" | "fence">;

export interface NaiveFirst {
  readonly triple: ProducerTriple;
  readonly index: number;
  readonly offset: number;
  readonly stampMs: number;
}

interface Entry {
  readonly index: number;
  readonly stampMs: number;
  readonly seedHi: number;
  readonly seedLo: number;
}

const STALE = "FAILED_PRECONDITION";
const LIFE_MS = 12 * 3_600_000;
const NOTHING: IntentResult = { type: "none" };
const SETTLED: IntentResult = { type: "settled" };

export class NaivePartition {
  messages: NaiveMessage[] = [];
  readonly edges = new Map<number, number>();
  streams: NaiveStream[] = [];
  tombstones: NaiveTombstone[] = [];
  firsts: NaiveFirst[] = [];
  settings: TopicSettings | undefined;
  isClosed = false;
  private readonly mode: Mode;
  private readonly dedupMax: number;
  private readonly tombstonesMax: number;
  private readonly tombstoneMs: number;
  /** Whether a token's MAC is right is the only thing that is not decided here. */
  private readonly isAuthentic: (token: TokenParts) => boolean;
  private now: Entry = { index: 0, stampMs: 0, seedHi: 0, seedLo: 0 };

  constructor(
    mode: Mode,
    limits: {
      readonly dedupPerProducerMax: number;
      readonly tombstonesMax: number;
      readonly tombstoneMs: number;
    },
    isAuthentic: (token: TokenParts) => boolean,
  ) {
    this.mode = mode;
    this.dedupMax = limits.dedupPerProducerMax;
    this.tombstonesMax = limits.tombstonesMax;
    this.tombstoneMs = limits.tombstoneMs;
    this.isAuthentic = isAuthentic;
  }

  apply(entry: Entry, intents: readonly Intent[]): IntentResult[] {
    this.now = entry;
    for (;;) {
      const due = this.messages
        .filter((m) => (m.state === "leased" || m.state === "delayed") && m.timeMs <= entry.stampMs)
        .sort((a, b) => a.timeMs - b.timeMs || a.index - b.index || a.offset - b.offset)
        .at(0);
      if (!due) break;
      if (due.state === "delayed") due.state = "ready";
      else this.fail(due, undefined);
    }
    this.tombstones = this.tombstones.filter((t) => t.stampMs > entry.stampMs - this.tombstoneMs);
    return intents.map((intent, offset) => this.decide(intent, offset));
  }

  /** Ready messages, best first. */
  get ready(): NaiveMessage[] {
    return this.messages.filter((m) => m.state === "ready").sort((a, b) => this.compare(a, b));
  }

  compare(a: NaiveMessage, b: NaiveMessage): number {
    const c = compareInt64(a.hi, a.lo, b.hi, b.lo);
    return (this.mode === "MIN" ? c : -c) || a.index - b.index || a.offset - b.offset;
  }

  private decide(intent: Intent, offset: number): IntentResult {
    if (intent.kind === "partition.init") {
      this.settings ??= intent.settings;
      return NOTHING;
    }
    if (this.isClosed || !this.settings) return this.refuse(intent);
    switch (intent.kind) {
      case "enqueue":
        return this.enqueue(intent, offset);
      case "grant":
        return this.grant(intent);
      case "ack":
      case "nack":
        return this.settle(intent.token, intent);
      case "extend":
        return this.extend(intent.token, intent.extensionMs);
      case "release.undelivered":
        this.giveBack(intent);
        return SETTLED;
      case "release":
        return this.giveBackByToken(intent.token);
      case "stream.close": {
        const s = this.streamOf(intent.edge, intent.edgeIncarnation, intent.stream);
        if (!s) return SETTLED;
        s.isClosed = true;
        this.shorten(
          intent.graceMs,
          (l) =>
            l.edge === s.edge &&
            l.stream === s.stream &&
            l.edgeIncarnation === intent.edgeIncarnation,
        );
        return SETTLED;
      }
      case "edge.replaced":
        this.replaceEdge(intent.edge, intent.edgeIncarnation, intent.graceMs);
        return SETTLED;
      case "tick":
        return NOTHING;
      case "partition.close":
        this.isClosed = true;
        return SETTLED;
      default:
        throw new Error(`${intent.kind} belongs to the meta group`);
    }
  }

  private refuse(intent: Intent): IntentResult {
    if (intent.kind === "grant") {
      return { type: "granted", slots: [], grantedInRound: 0, isClosed: this.isClosed };
    }
    if (intent.kind === "partition.close") return SETTLED;
    return { type: "refused", code: "NOT_FOUND", message: "" };
  }

  private enqueue(intent: Extract<Intent, { kind: "enqueue" }>, offset: number): IntentResult {
    const { stampMs, index } = this.now;
    const triple = intent.producer;
    const first = triple && this.firsts.find((f) => isSame(f.triple, triple));
    if (first) {
      const { index, offset, stampMs } = first;
      return { type: "enqueued", index, offset, stampMs, isDuplicate: true };
    }
    const isDelayed = intent.delayMs > 0;
    this.messages.push({
      index,
      offset,
      enqueuedMs: stampMs,
      hi: intent.priorityHi,
      lo: intent.priorityLo,
      maxRetries: intent.maxRetries ?? this.settings?.maxRetries ?? 0,
      producer: triple,
      state: isDelayed ? "delayed" : "ready",
      attempts: 0,
      fence: 0,
      timeMs: isDelayed ? stampMs + intent.delayMs : 0,
      lease: undefined,
      ended: "no",
    });
    if (triple) {
      this.firsts.push({ triple, index, offset, stampMs });
      const own = this.firsts.filter((f) => isSameProducer(f.triple, triple));
      if (own.length > this.dedupMax) this.firsts.splice(this.firsts.indexOf(own[0]), 1);
    }
    return { type: "enqueued", index, offset, stampMs, isDuplicate: false };
  }

  private grant(intent: Extract<Intent, { kind: "grant" }>): IntentResult {
    const { edge, edgeIncarnation, stream, round } = intent;
    if (edgeIncarnation > (this.edges.get(edge) ?? 0))
      this.replaceEdge(edge, edgeIncarnation, 5_000);
    const s = this.streamOf(edge, edgeIncarnation, stream);
    if (!s || s.isClosed || round < s.round) {
      return { type: "granted", slots: [], grantedInRound: 0, isClosed: false };
    }
    if (round > s.round) {
      s.round = round;
      s.granted = 0;
    }
    const { bound } = intent;
    const isGoodEnough = (m: NaiveMessage): boolean => {
      if (!bound) return true;
      const c = compareInt64(m.hi, m.lo, bound.hi, bound.lo);
      return this.mode === "MIN" ? c <= 0 : c >= 0;
    };
    const allowed = Math.max(0, Math.min(intent.n - s.granted, intent.limit));
    const taken = this.ready.filter(isGoodEnough).slice(0, allowed);
    for (const m of taken) {
      if (m.ended === "expired") this.remember(m, m.fence, 3);
      m.ended = "no";
      m.state = "leased";
      m.attempts += 1;
      m.fence += 1;
      m.timeMs = this.now.stampMs + Math.min(intent.visibilityMs, LIFE_MS);
      const { stampMs: grantedMs, index: grantIndex } = this.now;
      m.lease = { edge, edgeIncarnation, stream, round, grantedMs, grantIndex };
    }
    s.granted += taken.length;
    return {
      type: "granted",
      // Places instead of slots: the machine's slot numbers mean nothing outside.
      slots: taken.map((m) => m.index * 16384 + m.offset),
      grantedInRound: s.granted,
      isClosed: false,
    };
  }

  private settle(
    token: TokenParts,
    intent: Extract<Intent, { kind: "ack" | "nack" }>,
  ): IntentResult {
    const settled = intent.kind === "ack" ? 1 : 2;
    const m = this.live(token);
    if (!m) {
      const isRepeat =
        this.isAuthentic(token) &&
        this.tombstones.some(
          (t) =>
            t.index === token.index &&
            t.offset === token.offset &&
            t.fence === token.fence &&
            t.settled === settled,
        );
      return isRepeat ? SETTLED : { type: "refused", code: STALE, message: "" };
    }
    this.remember(token, token.fence, settled);
    if (intent.kind === "ack") this.messages = this.messages.filter((x) => x !== m);
    else {
      this.fail(m, intent.backoffMs);
      m.ended = "settled";
    }
    return SETTLED;
  }

  private remember(
    { index, offset }: { readonly index: number; readonly offset: number },
    fence: number,
    settled: number,
  ): void {
    this.tombstones.push({ index, offset, fence, settled, stampMs: this.now.stampMs });
    this.tombstones = this.tombstones.slice(-this.tombstonesMax);
  }

  private tombstoneOf({ index, offset, fence }: Lease): NaiveTombstone | undefined {
    return this.tombstones.find(
      (t) => t.index === index && t.offset === offset && t.fence === fence,
    );
  }

  /** Whether it counted: an open lease, or one that expired and was not given back before. */
  private giveBack(lease: Lease): boolean {
    const m = this.find(lease.index, lease.offset);
    if (!m) return false;
    if (m.fence === lease.fence) {
      if (m.state !== "leased" && m.ended !== "expired") return false;
      if (m.state !== "ready") m.timeMs = 0;
      m.state = "ready";
      m.lease = undefined;
      m.ended = "released";
    } else {
      const tombstone = this.tombstoneOf(lease);
      if (tombstone?.settled !== 3) return false;
      tombstone.settled = 4;
    }
    m.attempts = Math.max(0, m.attempts - 1);
    return true;
  }

  private giveBackByToken(token: TokenParts): IntentResult {
    const stale: IntentResult = { type: "refused", code: STALE, message: "" };
    if (!this.isAuthentic(token)) return stale;
    if (this.giveBack(token)) {
      if (!this.tombstoneOf(token)) this.remember(token, token.fence, 4);
      return SETTLED;
    }
    return this.tombstoneOf(token)?.settled === 4 ? SETTLED : stale;
  }

  private extend(token: TokenParts, extensionMs: number): IntentResult {
    const m = this.live(token);
    if (!m?.lease) return { type: "refused", code: STALE, message: "" };
    const wanted = Math.min(m.timeMs + extensionMs, m.lease.grantedMs + LIFE_MS);
    m.timeMs = Math.max(m.timeMs, wanted);
    return { type: "extended", deadlineMs: m.timeMs };
  }

  private live(token: TokenParts): NaiveMessage | undefined {
    const m = this.find(token.index, token.offset);
    const isLive = m?.state === "leased" && m.fence === token.fence && m.timeMs > this.now.stampMs;
    return isLive && this.isAuthentic(token) ? m : undefined;
  }

  private fail(m: NaiveMessage, overrideMs: number | undefined): void {
    const { seedHi, seedLo, stampMs } = this.now;
    if (m.attempts > m.maxRetries && this.settings?.dlqEnabled) {
      m.timeMs = stampMs;
      this.end(m, "dead");
      return;
    }
    const jitter = hash32(seedHi, seedLo, m.index % 4294967296, m.offset);
    const delayMs = overrideMs ?? backoffMs(m.attempts, jitter, LEVEL_1);
    m.timeMs = stampMs + delayMs;
    this.end(m, delayMs > 0 ? "delayed" : "ready");
  }

  private end(m: NaiveMessage, state: "ready" | "delayed" | "dead"): void {
    m.state = state;
    m.lease = undefined;
    m.ended = "expired";
  }

  private streamOf(edge: number, incarnation: number, stream: number): NaiveStream | undefined {
    if (!this.edges.has(edge)) this.edges.set(edge, incarnation);
    if (this.edges.get(edge) !== incarnation) return undefined;
    let s = this.streams.find((x) => x.edge === edge && x.stream === stream);
    if (!s) {
      s = { edge, stream, round: 0, granted: 0, isClosed: false };
      this.streams.push(s);
    }
    return s;
  }

  private replaceEdge(edge: number, incarnation: number, graceMs: number): void {
    const known = this.edges.get(edge);
    if (known !== undefined && incarnation <= known) return;
    this.edges.set(edge, incarnation);
    this.streams = this.streams.filter((s) => s.edge !== edge);
    if (known !== undefined) {
      this.shorten(graceMs, (l) => l.edge === edge && l.edgeIncarnation === known);
    }
  }

  private shorten(graceMs: number, isMeant: (lease: NaiveLease) => boolean): void {
    for (const m of this.messages) {
      if (m.lease && isMeant(m.lease)) m.timeMs = Math.min(m.timeMs, this.now.stampMs + graceMs);
    }
  }

  private find(index: number, offset: number): NaiveMessage | undefined {
    return this.messages.find((m) => m.index === index && m.offset === offset);
  }
}

function isSameProducer(a: ProducerTriple, b: ProducerTriple): boolean {
  return a.producerId === b.producerId && a.epochHi === b.epochHi && a.epochLo === b.epochLo;
}

function isSame(a: ProducerTriple, b: ProducerTriple): boolean {
  return isSameProducer(a, b) && a.sequenceHi === b.sequenceHi && a.sequenceLo === b.sequenceLo;
}
