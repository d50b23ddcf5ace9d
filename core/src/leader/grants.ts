// Grants at the leader (D-6, D-7, D-22): standing credits of one-partition streams, one-shot rounds of
// several, ladders of candidates. Leader memory only.

import type { LogIndex, Slot } from "../lib/brands.js";
import type { IntentResult } from "../machine/results.js";
import { State } from "../delivery/message-store.js";
import type { Partition } from "../delivery/partition.js";
import { assert } from "../lib/assert.js";
import { dueMessages } from "../delivery/due-messages.js";
import { ladder } from "../delivery/views.js";
import { streamKey, type StreamName, type StreamOfEdge } from "../lib/stream-name.js";
import { encodeIntent } from "../wire/intents.js";
import {
  CANDIDATES_MAX,
  type Ask,
  type Granted,
  type GrantedItem,
  type GrantRequest,
} from "../wire/messages.js";
import type { HostContext } from "../member/context.js";
import type { Replica, Origin, QueuedIntent, StandingCredits } from "../member/replica.js";

/** Grants one intent may make; the rest waits for the next entry. */
const GRANT_LIMIT = 1024;
/** Standing credits and interests that the edge no longer refreshes are forgotten. */
const FORGET_MS = 5000;
/** How often that is looked after while nothing is ready. */
const PURGE_MS = 1000;

type GrantOrigin = Extract<Origin, { type: "grant" }>;

/** A status or refusal that carries no items. */
function status(
  context: HostContext,
  replica: Replica | undefined,
  from: number,
  request: StreamOfEdge & { readonly group: number },
  round: number,
  serial: number,
  state: Granted["state"],
  grantedInRound: number,
): void {
  context.send(from, {
    kind: "granted",
    group: request.group,
    term: replica?.raft.term ?? 0,
    edgeIncarnation: request.edgeIncarnation,
    stream: request.stream,
    round,
    grantedInRound,
    index: 0,
    state,
    serial,
    items: [],
  });
}

export function onGrantRequest(context: HostContext, from: number, m: GrantRequest): void {
  const replica = context.groups.get(m.group);
  if (!replica?.isServing || replica.machine.kind !== "partition") {
    status(context, replica, from, m, m.round, m.serial, "not-leader", 0);
    return;
  }
  const { partition } = replica.machine;
  if (partition.isClosed) {
    status(context, replica, from, m, m.round, m.serial, "closed", 0);
    return;
  }
  context.touched.add(replica);
  if (m.isStanding) stand(context, replica, partition, from, m);
  else replica.queue.push(oneShot(from, m));
}

function stand(
  context: HostContext,
  replica: Replica,
  partition: Partition,
  from: number,
  m: GrantRequest,
): void {
  const name = { edge: from, edgeIncarnation: m.edgeIncarnation, stream: m.stream };
  const key = streamKey(name);
  const old = replica.standing.get(key);
  const isOlder =
    old !== undefined &&
    (m.edgeIncarnation < old.edgeIncarnation ||
      (m.edgeIncarnation === old.edgeIncarnation && m.serial < old.serial));
  if (isOlder) return;
  replica.standing.set(key, {
    ...name,
    round: m.round,
    n: m.n,
    visibilityMs: m.visibilityMs,
    serial: m.serial,
    seenMs: context.monotonicMs,
  });
  const granted = grantedSoFar(partition, name, m.round);
  status(context, replica, from, m, m.round, m.serial, "more", granted);
}

/** What the applied state granted in this round. */
function grantedSoFar(partition: Partition, name: StreamName, round: number): number {
  const state = partition.streams.find(name);
  return state?.round === round ? state.granted : 0;
}

function oneShot(from: number, m: GrantRequest): QueuedIntent {
  const intent = encodeIntent({
    kind: "grant",
    edge: from,
    edgeIncarnation: m.edgeIncarnation,
    stream: m.stream,
    round: m.round,
    n: m.n,
    limit: Math.min(m.n, GRANT_LIMIT),
    visibilityMs: m.visibilityMs,
    bound: m.bound,
  });
  const leases = Math.min(m.n, GRANT_LIMIT);
  return { intent, origin: originOf(from, m, false), isEnqueue: false, rows: 1, leases };
}

function originOf(
  edge: number,
  s: StreamOfEdge & {
    readonly round: number;
    readonly serial: number;
    readonly visibilityMs: number;
  },
  isStanding: boolean,
): GrantOrigin {
  const { edgeIncarnation, stream, round, serial, visibilityMs } = s;
  return { type: "grant", edge, edgeIncarnation, stream, round, serial, visibilityMs, isStanding };
}

/**
 * Grant intents for the streams whose credits stand here, to go behind what makes `coming` messages ready in
 * the same entry, its stamp apart. Nothing when an entry with grants is already on its way and this one
 * brings nothing new.
 */
export function standingIntents(
  context: HostContext,
  replica: Replica,
  coming: number,
  room: { readonly intents: number; readonly leases: number },
): QueuedIntent[] {
  if (replica.machine.kind !== "partition" || replica.standing.size === 0) return [];
  const { partition } = replica.machine;
  const stampMs = replica.raft.stampNowMs();
  const fresh = coming + dueMessages(partition, replica.grantedUpToMs, stampMs, room.leases);
  const expected = partition.ready.size + fresh;
  if (expected === 0 || (fresh === 0 && replica.lastGrantIndex > replica.raft.appliedIndex))
    return [];
  const open: StandingCredits[] = [];
  for (const [key, s] of replica.standing) {
    if (context.monotonicMs - s.seenMs > FORGET_MS || isOver(partition, s))
      replica.standing.delete(key);
    else if (isTooOld(context, s)) continue;
    else if (s.n > grantedSoFar(partition, s, s.round)) open.push(s);
  }
  if (open.length === 0) return [];
  // Shares are even and the first in line rotates, so that no consumer starves beside another.
  const count = Math.min(open.length, expected, room.intents, room.leases);
  if (count <= 0) return [];
  const even = Math.min(Math.ceil(expected / open.length), Math.floor(room.leases / count));
  const share = Math.min(GRANT_LIMIT, Math.max(1, even));
  const intents: QueuedIntent[] = [];
  for (let i = 0; i < count; i += 1) {
    const s = open[(replica.standingTurn + i) % open.length];
    const { edge, edgeIncarnation, stream, round, n, visibilityMs } = s;
    const intent = encodeIntent({
      kind: "grant",
      edge,
      edgeIncarnation,
      stream,
      round,
      n,
      limit: share,
      visibilityMs,
      bound: undefined,
    });
    intents.push({
      intent,
      origin: originOf(edge, s, true),
      isEnqueue: false,
      rows: 1,
      leases: share,
    });
  }
  replica.standingTurn += count;
  replica.grantedUpToMs = stampMs;
  return intents;
}

/** The edge counts a lease from its request (D-25), so what is granted now would be over as it comes. */
function isTooOld(context: HostContext, s: StandingCredits): boolean {
  return context.monotonicMs - s.seenMs >= s.visibilityMs;
}

/** Forgets the credits and asks of consumers that went away while nothing was ready for them. */
export function purgeIdle(context: HostContext, replica: Replica): void {
  const nowMs = context.monotonicMs;
  if (replica.machine.kind !== "partition" || nowMs - replica.purgedMs < PURGE_MS) return;
  replica.purgedMs = nowMs;
  const { partition } = replica.machine;
  for (const [key, s] of replica.standing) {
    if (nowMs - s.seenMs > FORGET_MS || isOver(partition, s)) replica.standing.delete(key);
  }
  for (const [key, { untilMs }] of replica.interests) {
    if (untilMs < nowMs) replica.interests.delete(key);
  }
}

/** The edge says that the stream is closed: nothing is for it any more. */
export function forgetStream(replica: Replica, name: Pick<StreamName, "edge" | "stream">): void {
  const key = streamKey(name);
  replica.standing.delete(key);
  replica.interests.delete(key);
}

/** The machine would refuse it: the stream was closed, its edge or round replaced. */
function isOver(partition: Partition, s: StandingCredits): boolean {
  if (partition.streams.incarnationOf(s.edge) > s.edgeIncarnation) return true;
  const state = partition.streams.find(s);
  return state !== undefined && (state.isClosed || state.round > s.round);
}

/** Sends what a grant took to the stream's edge. */
export function answerGrant(
  context: HostContext,
  replica: Replica,
  origin: GrantOrigin,
  result: IntentResult,
  index: LogIndex,
): void {
  if (replica.machine.kind !== "partition" || result.type !== "granted") return;
  const { partition } = replica.machine;
  const slots = result.slots.filter((s) => isStillHis(partition, s, origin, index));
  if (slots.length > 0) context.wantsTurn = true;
  if (origin.isStanding && slots.length === 0 && !result.isClosed) return;
  context.send(origin.edge, {
    kind: "granted",
    group: replica.id,
    term: replica.raft.term,
    edgeIncarnation: origin.edgeIncarnation,
    stream: origin.stream,
    round: origin.round,
    grantedInRound: result.grantedInRound,
    index,
    state: result.isClosed ? "closed" : origin.isStanding ? "more" : "final",
    serial: origin.serial,
    items: slots.map((s) => itemOf(partition, s, origin.visibilityMs)),
  });
}

/** What the same entry took back, or granted anew to another, is not handed out. */
function isStillHis(p: Partition, slot: Slot, origin: GrantOrigin, index: LogIndex): boolean {
  const m = p.messages;
  return (
    m.state[slot] === State.leased &&
    m.grantIndex[slot] === index &&
    m.edge[slot] === origin.edge &&
    m.edgeIncarnation[slot] === origin.edgeIncarnation &&
    m.stream[slot] === origin.stream &&
    m.round[slot] === origin.round
  );
}

function itemOf(p: Partition, slot: Slot, leaseMs: number): GrantedItem {
  const m = p.messages;
  assert(m.state[slot] === State.leased, "Q3: what is delivered is leased");
  return {
    index: m.index[slot],
    offset: m.offset[slot],
    fence: m.fence[slot],
    attempts: m.attempts[slot],
    maxRetries: m.maxRetries[slot],
    priorityHi: m.priorityHi[slot],
    priorityLo: m.priorityLo[slot],
    enqueuedMs: m.enqueuedMs[slot],
    deadlineMs: m.timeMs[slot],
    leaseMs,
    mac: p.mac(m.index[slot], m.offset[slot], m.fence[slot]),
    payload: m.payloads.get(slot),
    producer: m.producers.get(slot),
  };
}

/** The edges must stand anew at the next leader. */
export function dropStanding(context: HostContext, replica: Replica): void {
  for (const s of replica.standing.values()) {
    status(
      context,
      replica,
      s.edge,
      { ...s, group: replica.id },
      s.round,
      s.serial,
      "not-leader",
      0,
    );
  }
  replica.standing.clear();
  replica.interests.clear();
}

// --- candidates ----------------------------------------------------------------------------------

export function onAsk(context: HostContext, from: number, m: Ask): void {
  const replica = context.groups.get(m.group);
  if (!replica?.isServing || replica.machine.kind !== "partition") {
    sendLadder(context, from, m, { state: "not-leader", leader: replica?.raft.leader ?? 0 });
    return;
  }
  const { partition } = replica.machine;
  if (partition.isClosed) {
    sendLadder(context, from, m, { state: "closed", leader: 0 });
    return;
  }
  const { edgeIncarnation, stream } = m;
  // A peer may ask for anything; a walk over the whole heap would hold up beats and votes.
  const count = Math.min(m.count, CANDIDATES_MAX);
  const { rungs, hasMore } = ladder(partition, count);
  const untilMs = context.monotonicMs + FORGET_MS;
  // Nothing ready: the edge is told as soon as something is.
  if (rungs.length === 0) {
    const name = { edge: from, edgeIncarnation, stream };
    replica.interests.set(streamKey(name), { ...name, count, untilMs });
  }
  context.send(from, {
    kind: "ladder",
    group: m.group,
    edgeIncarnation,
    stream,
    serial: m.serial,
    state: "ok",
    leader: context.self,
    rungs,
    hasMore,
  });
}

function sendLadder(
  context: HostContext,
  to: number,
  ask: Ask,
  answer: { readonly state: "not-leader" | "closed"; readonly leader: number },
): void {
  const { group, edgeIncarnation, stream, serial } = ask;
  context.send(to, {
    kind: "ladder",
    group,
    edgeIncarnation,
    stream,
    serial,
    ...answer,
    rungs: [],
    hasMore: false,
  });
}

/** Something is ready: tells the edges that asked in vain. */
export function pushLadders(context: HostContext, replica: Replica): void {
  if (replica.machine.kind !== "partition" || replica.interests.size === 0) return;
  const { partition } = replica.machine;
  if (partition.ready.size === 0) return;
  for (const interest of replica.interests.values()) {
    if (interest.untilMs < context.monotonicMs) continue;
    const { rungs, hasMore } = ladder(partition, interest.count);
    context.send(interest.edge, {
      kind: "ladder",
      group: replica.id,
      edgeIncarnation: interest.edgeIncarnation,
      stream: interest.stream,
      serial: 0,
      state: "ok",
      leader: context.self,
      rungs,
      hasMore,
    });
  }
  replica.interests.clear();
}
