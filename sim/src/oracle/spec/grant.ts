// Grants: the best ready messages, none worse than the bound, become leases of a stream (G5). A round takes at most n,
// however many grants it comes in (D-7); a round that is over, and a stream that is closed, take nothing.

import type { Intent, MessageRef, TopicSettings } from "@disheap/core";
import { rememberEnded } from "./ended.js";
import { bestReady, isBetter, placeOf, priorityOf, type Message } from "./messages.js";
import type { SpecResult } from "./results.js";
import type { Now, State } from "./state.js";
import { replaceEdge, streamOf } from "./streams.js";

type Grant = Extract<Intent, { kind: "grant" }>;

export function grant(state: State, { mode }: TopicSettings, intent: Grant, now: Now): SpecResult {
  const { limits } = state;
  const known = state.edges.find(({ number }) => number === intent.edge);
  if (known && intent.edgeIncarnation > known.incarnation) {
    replaceEdge(state, { ...intent, graceMs: limits.replacedGraceMs }, now);
  }
  const stream = streamOf(state, intent);
  if (!stream || stream.isClosed || intent.round < stream.round) {
    return { type: "granted", messages: [], grantedInRound: 0, isClosed: false };
  }
  if (intent.round > stream.round) stream.granted = 0;
  stream.round = intent.round;
  const allowed = Math.min(intent.n - stream.granted, intent.limit, now.leasesLeft);
  const taken: MessageRef[] = [];
  let bytesLeft = Math.min(limits.grantBytesMax, now.bytesLeft);
  while (taken.length < allowed && bytesLeft > 0) {
    const m = bestReady(state.messages, mode);
    if (!m || isWorse(m, intent, mode)) break;
    bytesLeft -= m.bytes;
    now.bytesLeft -= m.bytes;
    lease(state, m, intent, now);
    taken.push(placeOf(m));
  }
  now.leasesLeft -= taken.length;
  stream.granted += taken.length;
  return { type: "granted", messages: taken, grantedInRound: stream.granted, isClosed: false };
}

function isWorse(m: Message, { bound }: Grant, mode: "MIN" | "MAX"): boolean {
  return bound !== undefined && isBetter(priorityOf(bound.hi, bound.lo), m.priority, mode);
}

function lease(state: State, m: Message, intent: Grant, now: Now): void {
  const { edge, edgeIncarnation, stream, round } = intent;
  const { stampMs: grantedMs, index: grantIndex } = now;
  // From here on the message tells of its new lease; the old one may still be given back (D-91).
  if (m.ended === "expired") rememberEnded(state, m, "expired", now);
  m.state = "leased";
  m.ended = "none";
  m.attempts += 1;
  m.fence += 1;
  m.timeMs = grantedMs + Math.min(intent.visibilityMs, state.limits.leaseLifeMaxMs);
  m.lease = { edge, edgeIncarnation, stream, round, grantedMs, grantIndex };
  now.events.push({
    kind: "message.granted",
    ...placeOf(m),
    fence: m.fence,
    attempts: m.attempts,
    deadlineMs: m.timeMs,
    edge,
    edgeIncarnation,
    stream,
    round,
  });
}
