// A naive model of one partition, written from the wire contract (sections 9 to 12) and the
// decisions (D-6, D-7, D-9, D-12, D-13, D-17, D-19, D-21, D-24), not from the machine: an array of
// messages, linear searches, no heap, no index, priorities as big integers. It is told what a committed
// entry asks for and says what must happen.

import {
  below,
  hash32,
  type Intent,
  type MachineEvent,
  type ProducerTriple,
  type TopicSettings,
} from "@disheap/core";

type GrantIntent = Extract<Intent, { kind: "grant" }>;
type EnqueueIntent = Extract<Intent, { kind: "enqueue" }>;
type TokenParts = Extract<Intent, { kind: "ack" }>["token"];
type Lease = Pick<TokenParts, "index" | "offset" | "fence">;

export interface ModelEntry {
  readonly index: number;
  readonly stampMs: number;
  readonly seedHi: number;
  readonly seedLo: number;
  readonly intents: readonly Intent[];
  /** What the machine did: asked only where the contract leaves the choice. */
  readonly events: readonly MachineEvent[];
}

interface Message {
  readonly index: number;
  readonly offset: number;
  readonly priority: bigint;
  readonly maxRetries: number;
  standing: "ready" | "delayed" | "leased" | "dead";
  /** How its newest lease ended. */
  ended: "no" | "expired" | "settled" | "given back";
  /** Leases before it that expired, by fence: when the message was granted again. */
  readonly earlier: Map<number, number>;
  /** Delayed: not before. Leased: deadline. */
  untilMs: number;
  attempts: number;
  fence: number;
  grantedMs: number;
  readonly bytes: number;
  edge: number;
  edgeIncarnation: number;
  stream: number;
}

/** The first message of a triple: when, and as which one of its producer. */
interface First {
  readonly index: number;
  readonly offset: number;
  readonly stampMs: number;
  readonly ordinal: number;
}

interface Stream {
  round: number;
  granted: number;
  isClosed: boolean;
}

interface Edge {
  incarnation: number;
  readonly streams: Map<number, Stream>;
}

interface Now {
  readonly entry: ModelEntry;
  readonly events: MachineEvent[];
  /** What the grants of the entry may still take together (D-89). */
  leasesLeft: number;
  bytesLeft: number;
}

const GRANT_BYTES_MAX = 1 << 20;
const ENTRY_GRANT_BYTES_MAX = 16 << 20;
const ENTRY_LEASES_MAX = 4096;
const LEASE_LIFE_MAX_MS = 12 * 3_600_000;
const TIMERS_PER_ENTRY_MAX = 4096;
const TOMBSTONE_MS = 600_000;
const DEDUP_MS = 24 * 3_600_000;
const DEDUP_SEQUENCES = 10_000;

export class ReferenceModel {
  private settings: TopicSettings | undefined;
  private isClosed = false;
  /** In the order of their ids. */
  private messages: Message[] = [];
  private readonly edges = new Map<number, Edge>();
  /** First message per triple; how many a producer epoch made so far. */
  private readonly triples = new Map<string, First>();
  private readonly made = new Map<string, number>();
  /** When each producer epoch last enqueued something, repeats included. */
  private readonly usedMs = new Map<string, number>();
  private readonly isAuthentic: (token: TokenParts) => boolean;

  /** `isAuthentic` says whether a token is one that a consumer was given. */
  constructor(isAuthentic: (token: TokenParts) => boolean) {
    this.isAuthentic = isAuthentic;
  }

  /** What must happen to messages at this entry, in order. */
  apply(entry: ModelEntry): MachineEvent[] {
    const now: Now = {
      entry,
      events: [],
      leasesLeft: ENTRY_LEASES_MAX,
      bytesLeft: ENTRY_GRANT_BYTES_MAX,
    };
    this.fireTimers(now);
    entry.intents.forEach((intent, offset) => this.applyIntent(intent, offset, now));
    return now.events;
  }

  private applyIntent(intent: Intent, offset: number, now: Now): void {
    if (intent.kind === "partition.init") {
      this.settings ??= intent.settings;
      return;
    }
    if (!this.settings || this.isClosed) return;
    switch (intent.kind) {
      case "enqueue":
        this.enqueue(intent, offset, this.settings, now);
        break;
      case "grant":
        this.grant(intent, this.settings, now);
        break;
      case "ack":
        this.ack(intent.token, now);
        break;
      case "nack":
        this.nack(intent.token, intent.backoffMs, now);
        break;
      case "extend":
        this.extend(intent.token, intent.extensionMs, now);
        break;
      case "release.undelivered":
        this.release(intent, "edge", now);
        break;
      case "release":
        if (this.isAuthentic(intent.token)) this.release(intent.token, "client", now);
        break;
      case "stream.close":
        this.closeStream(intent, now);
        break;
      case "edge.replaced":
        this.replaceEdge(intent.edge, intent.edgeIncarnation, intent.graceMs, now);
        break;
      case "partition.close":
        this.isClosed = true;
        break;
      case "tick":
      case "cluster.init":
      case "topic.create":
      case "topic.deleting":
      case "topic.deleted":
        break;
    }
  }

  // --- time ----------------------------------------------------------------------------------------

  /** What is due at the stamp, in (time, id) order, before the entry's intents (D-19). */
  private fireTimers(now: Now): void {
    const { stampMs } = now.entry;
    const due = this.messages.filter((m) => isTimed(m) && m.untilMs <= stampMs);
    due.sort((a, b) => a.untilMs - b.untilMs || byAge(a, b));
    for (const m of due.slice(0, TIMERS_PER_ENTRY_MAX)) {
      if (m.standing === "leased") this.fail(m, "message.expired", undefined, now);
      else {
        m.standing = "ready";
        now.events.push({ kind: "message.ready", ...place(m) });
      }
    }
  }

  // --- messages ------------------------------------------------------------------------------------

  private enqueue(
    intent: EnqueueIntent,
    offset: number,
    settings: TopicSettings,
    { entry, events }: Now,
  ): void {
    const { producer, priorityHi, priorityLo, delayMs } = intent;
    const { index } = entry;
    const first = producer && this.firstOf(producer, offset, entry);
    if (first) {
      events.push({ kind: "message.duplicate", index: first.index, offset: first.offset });
      return;
    }
    const maxRetries = intent.maxRetries ?? settings.maxRetries;
    const notBeforeMs = delayMs > 0 ? entry.stampMs + delayMs : 0;
    this.messages.push({
      index,
      offset,
      priority: (BigInt(priorityHi) << 32n) | BigInt(priorityLo),
      maxRetries,
      standing: delayMs > 0 ? "delayed" : "ready",
      ended: "no",
      earlier: new Map(),
      untilMs: notBeforeMs,
      attempts: 0,
      fence: 0,
      grantedMs: 0,
      bytes: intent.payload.length,
      edge: 0,
      edgeIncarnation: 0,
      stream: 0,
    });
    events.push({
      kind: "message.enqueued",
      index,
      offset,
      priorityHi,
      priorityLo,
      maxRetries,
      notBeforeMs,
    });
  }

  /** The first message of this triple, if it is a repeat; remembers it otherwise (section 12). */
  private firstOf(
    { producerId, epochHi, epochLo, sequenceHi, sequenceLo }: ProducerTriple,
    offset: number,
    { index, stampMs, events }: ModelEntry,
  ): First | undefined {
    const name = [producerId, epochHi, epochLo].join("/");
    const triple = [name, sequenceHi, sequenceLo].join("/");
    const ordinal = this.made.get(name) ?? 0;
    const first = this.triples.get(triple);
    const usedMs = this.usedMs.get(name) ?? -Infinity;
    this.usedMs.set(name, stampMs);
    if (first) {
      const isInside = stampMs < usedMs + DEDUP_MS && ordinal - first.ordinal < DEDUP_SEQUENCES;
      const isNew = (e: MachineEvent): boolean =>
        e.kind === "message.enqueued" && e.index === index && e.offset === offset;
      // Beyond the window a repeat may be either: whole buckets are dropped, not single ones.
      if (isInside || !events.some(isNew)) return first;
    }
    this.made.set(name, ordinal + 1);
    this.triples.set(triple, { index, offset, stampMs, ordinal });
    return undefined;
  }

  /** The message whose live lease the token proves. */
  private held(token: TokenParts, { entry }: Now): Message | undefined {
    const m = this.messages.find((x) => x.index === token.index && x.offset === token.offset);
    const isLive = m?.standing === "leased" && m.untilMs > entry.stampMs;
    return isLive && m.fence === token.fence && this.isAuthentic(token) ? m : undefined;
  }

  private ack(token: TokenParts, now: Now): void {
    const m = this.held(token, now);
    if (!m) return;
    this.messages = this.messages.filter((x) => x !== m);
    now.events.push({ kind: "message.acked", ...place(m), fence: m.fence });
  }

  private nack(token: TokenParts, backoffMs: number | undefined, now: Now): void {
    const m = this.held(token, now);
    if (m) this.fail(m, "message.nacked", backoffMs, now);
  }

  private extend(token: TokenParts, extensionMs: number, now: Now): void {
    const m = this.held(token, now);
    if (!m) return;
    const longest = m.grantedMs + LEASE_LIFE_MAX_MS;
    m.untilMs = Math.max(m.untilMs, Math.min(m.untilMs + extensionMs, longest));
    now.events.push({
      kind: "message.extended",
      ...place(m),
      fence: m.fence,
      deadlineMs: m.untilMs,
    });
  }

  /** No attempt is counted; of a lease that expired, once and also late (D-91). */
  private release(lease: Lease, by: "edge" | "client", now: Now): void {
    const m = this.messages.find((x) => x.index === lease.index && x.offset === lease.offset);
    if (!m) return;
    const { fence } = lease;
    const isNewest = m.fence === fence;
    if (isNewest && m.standing === "leased") {
      m.attempts -= 1;
      m.standing = "ready";
      m.ended = "given back";
      now.events.push({ kind: "message.released", ...place(m), fence, by });
      return;
    }
    if (isNewest && m.ended === "expired") {
      m.ended = "given back";
      m.standing = "ready";
    } else {
      // How many tombstones there may be at most is beyond any run.
      const sinceMs = m.earlier.get(fence) ?? -Infinity;
      if (isNewest || sinceMs <= now.entry.stampMs - TOMBSTONE_MS) return;
      m.earlier.delete(fence);
    }
    m.attempts -= 1;
    const { attempts } = m;
    now.events.push({ kind: "message.taken-back", ...place(m), fence, by, attempts });
  }

  /** A delivery failed: a retry after its backoff, or the dead letters (section 11). */
  private fail(
    m: Message,
    kind: "message.nacked" | "message.expired",
    overrideMs: number | undefined,
    { entry, events }: Now,
  ): void {
    const { attempts, fence } = m;
    const isDead = attempts > m.maxRetries && this.settings?.dlqEnabled === true;
    const delayMs = overrideMs ?? jitteredBackoffMs(attempts, entry, m);
    const notBeforeMs = entry.stampMs + delayMs;
    m.ended = kind === "message.expired" ? "expired" : "settled";
    m.standing = isDead ? "dead" : delayMs > 0 ? "delayed" : "ready";
    m.untilMs = notBeforeMs;
    events.push({
      kind,
      ...place(m),
      fence,
      attempts,
      outcome: m.standing,
      notBeforeMs: isDead ? 0 : notBeforeMs,
    });
  }

  // --- streams -------------------------------------------------------------------------------------

  private edgeOf(edge: number, incarnation: number): Edge {
    let state = this.edges.get(edge);
    if (!state) {
      state = { incarnation, streams: new Map() };
      this.edges.set(edge, state);
    }
    return state;
  }

  private streamOf(edge: number, incarnation: number, stream: number): Stream | undefined {
    const state = this.edgeOf(edge, incarnation);
    if (state.incarnation !== incarnation) return undefined;
    let found = state.streams.get(stream);
    if (!found) {
      found = { round: 0, granted: 0, isClosed: false };
      state.streams.set(stream, found);
    }
    return found;
  }

  /** The first ready messages, none worse than the bound, within what the round may still take. */
  private grant(intent: GrantIntent, settings: TopicSettings, now: Now): void {
    const { edge, edgeIncarnation, stream, round } = intent;
    const known = this.edges.get(edge)?.incarnation ?? 0;
    if (edgeIncarnation > known) this.replaceEdge(edge, edgeIncarnation, 0, now);
    const state = this.streamOf(edge, edgeIncarnation, stream);
    if (!state || state.isClosed || round < state.round) return;
    if (round > state.round) state.granted = 0;
    state.round = round;
    let allowed = Math.min(intent.n - state.granted, intent.limit, now.leasesLeft);
    // Bytes bound what is taken beyond the message that reaches the bound.
    let bytesLeft = Math.min(GRANT_BYTES_MAX, now.bytesLeft);
    for (; allowed > 0 && bytesLeft > 0; allowed -= 1) {
      const m = this.bestReady(settings.mode);
      if (!m || (intent.bound && isWorse(m, intent.bound, settings.mode))) return;
      bytesLeft -= m.bytes;
      now.bytesLeft -= m.bytes;
      now.leasesLeft -= 1;
      state.granted += 1;
      if (m.ended === "expired") m.earlier.set(m.fence, now.entry.stampMs);
      m.ended = "no";
      m.standing = "leased";
      m.attempts += 1;
      m.fence += 1;
      m.grantedMs = now.entry.stampMs;
      m.untilMs = now.entry.stampMs + Math.min(intent.visibilityMs, LEASE_LIFE_MAX_MS);
      m.edge = edge;
      m.edgeIncarnation = edgeIncarnation;
      m.stream = stream;
      now.events.push({
        kind: "message.granted",
        ...place(m),
        fence: m.fence,
        attempts: m.attempts,
        deadlineMs: m.untilMs,
        edge,
        edgeIncarnation,
        stream,
        round,
      });
    }
  }

  private bestReady(mode: "MIN" | "MAX"): Message | undefined {
    let best: Message | undefined;
    for (const m of this.messages) {
      if (m.standing !== "ready") continue;
      // In id order, so an equal one that comes later is younger.
      if (!best || (mode === "MIN" ? m.priority < best.priority : m.priority > best.priority)) {
        best = m;
      }
    }
    return best;
  }

  private closeStream(intent: Extract<Intent, { kind: "stream.close" }>, now: Now): void {
    const { edge, edgeIncarnation, stream, graceMs } = intent;
    const state = this.streamOf(edge, edgeIncarnation, stream);
    if (!state) return;
    state.isClosed = true;
    const isIts = (m: Message): boolean =>
      m.edge === edge && m.edgeIncarnation === edgeIncarnation && m.stream === stream;
    this.shorten(isIts, graceMs, now);
  }

  private replaceEdge(edge: number, incarnation: number, graceMs: number, now: Now): void {
    const state = this.edgeOf(edge, incarnation);
    if (incarnation <= state.incarnation) return;
    const old = state.incarnation;
    state.incarnation = incarnation;
    state.streams.clear();
    this.shorten((m) => m.edge === edge && m.edgeIncarnation === old, graceMs, now);
  }

  /** min(deadline, stamp + grace), never an attempt (D-24). */
  private shorten(isMeant: (m: Message) => boolean, graceMs: number, { entry, events }: Now): void {
    for (const m of this.messages) {
      if (m.standing !== "leased" || !isMeant(m)) continue;
      const deadlineMs = Math.min(m.untilMs, entry.stampMs + graceMs);
      if (deadlineMs === m.untilMs) continue;
      m.untilMs = deadlineMs;
      events.push({ kind: "message.shortened", ...place(m), fence: m.fence, deadlineMs });
    }
  }
}

function place(m: Message): { index: number; offset: number } {
  return { index: m.index, offset: m.offset };
}

function isTimed(m: Message): boolean {
  return m.standing === "delayed" || m.standing === "leased";
}

export function byAge(
  a: { readonly index: number; readonly offset: number },
  b: { readonly index: number; readonly offset: number },
): number {
  return a.index - b.index || a.offset - b.offset;
}

function isWorse(
  m: Message,
  bound: NonNullable<GrantIntent["bound"]>,
  mode: "MIN" | "MAX",
): boolean {
  const limit = (BigInt(bound.hi) << 32n) | BigInt(bound.lo);
  return mode === "MIN" ? m.priority > limit : m.priority < limit;
}

/** min(1 s * 2^(n-1), 5 min) with full jitter from the entry's seed and the message's place. */
function jitteredBackoffMs(attempts: number, entry: ModelEntry, m: Message): number {
  let ceilingMs = 1000;
  for (let n = 1; n < attempts && ceilingMs < 300_000; n += 1) ceilingMs *= 2;
  const jitter = hash32(entry.seedHi, entry.seedLo, m.index % 4294967296, m.offset);
  return below(jitter, Math.min(ceilingMs, 300_000));
}
