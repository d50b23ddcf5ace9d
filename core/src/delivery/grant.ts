// Grants at apply: at its place in the log a grant takes the first ready messages (G5), none worse
// than its bound, within its round (D-7). Also how leases end when their stream or edge is gone.

import type { Slot } from "../lib/brands.js";
import { compareInt64 } from "../lib/int64.js";
import type { GrantIntent, StreamCloseIntent } from "../wire/intents.js";
import type { IntentResult } from "../machine/results.js";
import type { Level } from "../machine/levels/level.js";
import type { Expiry } from "./expiries.js";
import { LeaseEnd } from "./lease-end.js";
import type { MessageStore } from "./message-store.js";
import type { Moment, PartitionState } from "./partition-state.js";
import type { StreamState } from "./streams.js";
import { Ended } from "./tombstones.js";

export function entryGrants(level: Level): Moment["grants"] {
  return { leasesLeft: level.entryLeasesMax, bytesLeft: level.entryGrantBytesMax };
}

export function applyGrant(p: PartitionState, intent: GrantIntent, moment: Moment): IntentResult {
  const { level } = moment;
  if (intent.edgeIncarnation > p.streams.incarnationOf(intent.edge)) {
    replaceEdge(p, intent.edge, intent.edgeIncarnation, level.replacedGraceMs, moment);
  }
  const stream = p.streams.open(intent);
  if (!stream || stream.isClosed || intent.round < stream.round) {
    return { type: "granted", slots: [], grantedInRound: 0, isClosed: false };
  }
  const before = intent.round === stream.round ? stream.granted : 0;
  const { grants } = moment;
  const allowed = Math.min(Math.max(0, intent.n - before), intent.limit, grants.leasesLeft);
  const slots: Slot[] = [];
  const { edge, edgeIncarnation, round } = intent;
  const holder = { edge, edgeIncarnation, stream: stream.stream, round, grantIndex: moment.index };
  const bytesMax = Math.min(level.grantBytesMax, grants.bytesLeft);
  let bytes = 0;
  while (slots.length < allowed && bytes < bytesMax) {
    const slot = p.ready.first();
    if (slot < 0 || isWorse(p, slot, intent.bound)) break;
    lease(p, slot, stream, intent, holder, moment);
    slots.push(slot);
    bytes += p.messages.payloads.bytesAt(slot);
  }
  grants.leasesLeft -= slots.length;
  grants.bytesLeft -= bytes;
  p.streams.update(stream, intent.round, before + slots.length);
  p.counts.totalPops += slots.length;
  return { type: "granted", slots, grantedInRound: stream.granted, isClosed: false };
}

function isWorse(p: PartitionState, slot: Slot, bound: GrantIntent["bound"]): boolean {
  if (!bound) return false;
  const m = p.messages;
  const c = compareInt64(m.priorityHi[slot], m.priorityLo[slot], bound.hi, bound.lo);
  return p.mode === "MIN" ? c > 0 : c < 0;
}

/** The newest lease of a message, and who had it. */
export function leaseAt(m: MessageStore, slot: Slot): Expiry {
  return {
    index: m.index[slot],
    offset: m.offset[slot],
    fence: m.fence[slot],
    edge: m.edge[slot],
    edgeIncarnation: m.edgeIncarnation[slot],
    stream: m.stream[slot],
    round: m.round[slot],
    grantIndex: m.grantIndex[slot],
  };
}

function lease(
  p: PartitionState,
  slot: Slot,
  stream: StreamState,
  intent: GrantIntent,
  holder: Parameters<PartitionState["toLeased"]>[2],
  moment: Moment,
): void {
  const m = p.messages;
  const deadlineMs = moment.nowMs + Math.min(intent.visibilityMs, moment.level.leaseLifeMaxMs);
  if (m.leaseEnd[slot] === LeaseEnd.expired) {
    // The row tells of the new lease from here on, and the old one may still be given back.
    p.tombstones.add(m.index[slot], m.offset[slot], m.fence[slot], Ended.expired, moment.nowMs);
    p.expiries.add(leaseAt(m, slot), moment.nowMs);
  }
  p.toLeased(slot, deadlineMs, holder);
  stream.leases.add(slot);
  p.listener?.({
    kind: "message.granted",
    index: m.index[slot],
    offset: m.offset[slot],
    fence: m.fence[slot],
    attempts: m.attempts[slot],
    deadlineMs,
    edge: intent.edge,
    edgeIncarnation: intent.edgeIncarnation,
    stream: intent.stream,
    round: intent.round,
  });
}

/** The lease ends at min(deadline, now + grace); never counts as an attempt (D-24). */
function shorten(p: PartitionState, slot: Slot, graceMs: number, moment: Moment): void {
  const m = p.messages;
  const deadlineMs = Math.min(m.timeMs[slot], moment.nowMs + graceMs);
  if (deadlineMs === m.timeMs[slot]) return;
  p.moveDeadline(slot, deadlineMs);
  p.listener?.({
    kind: "message.shortened",
    index: m.index[slot],
    offset: m.offset[slot],
    fence: m.fence[slot],
    deadlineMs,
  });
}

export function closeStream(
  p: PartitionState,
  intent: StreamCloseIntent,
  moment: Moment,
): IntentResult {
  const stream = p.streams.open(intent);
  if (stream) {
    for (const slot of stream.leases) shorten(p, slot, intent.graceMs, moment);
    p.streams.close(stream);
  }
  return { type: "settled" };
}

export function replaceEdge(
  p: PartitionState,
  edge: number,
  incarnation: number,
  graceMs: number,
  moment: Moment,
): IntentResult {
  for (const slot of p.streams.replaceEdge(edge, incarnation)) shorten(p, slot, graceMs, moment);
  return { type: "settled" };
}
