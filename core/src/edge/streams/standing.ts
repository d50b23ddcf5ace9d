// Streams that draw from one partition (D-6): the credits stand at the partition's leader and are
// refreshed while they are unspent. `n` counts per round: what arrived plus what may still come, so a
// refresh never grants twice (D-7).

import type { Granted } from "../../wire/messages.js";
import type { EdgeStream, Source } from "./edge-stream.js";
import { askForDigest, type StreamHost } from "./stream-host.js";

const REFRESH_MS = 500;
/** How long grants may be on their way before the leader is asked which leases it means. */
const MISSING_MS = 1000;
/** A member that does not answer for so long is not the leader, or gone: another one is asked. */
const SILENCE_MS = 1000;
/** `n` counts all that a round was granted, in 32 bits: after so much a new round counts anew. */
const ROUND_ITEMS_MAX = 2 ** 31;

/** Short leases need fresh proof of their age: the refresh follows the visibility (D-25). */
function refreshMs(stream: EdgeStream): number {
  return Math.min(REFRESH_MS, Math.floor(stream.visibilityMs / 4));
}

/** Sends the standing credits when they changed, or when `isForced`. */
export function stand(streams: StreamHost, stream: EdgeStream, isForced: boolean): void {
  const source = stream.sources[0];
  if (stream.openCredits === 0 && !source.isTouched) return;
  if (source.received >= ROUND_ITEMS_MAX) {
    // Grants of the old round that got lost are in no later count.
    askForDigest(streams, stream, source);
    countAnew(source);
  }
  const n = Math.min(4294967295, source.received + stream.openCredits);
  if (n === source.asked && !isForced) return;
  const { context } = streams;
  // Nobody was asked while no credits were open: silence counts from here.
  const isFirst = context.monotonicMs - source.lastSentMs > SILENCE_MS;
  if (isFirst) source.lastHeardMs = context.monotonicMs;
  source.asked = n;
  source.isTouched = true;
  source.lastSentMs = context.monotonicMs;
  const leader = streams.operations.router.leaderOf(
    source.place.group,
    source.place.voters,
    source.tries,
  );
  context.send(leader, {
    kind: "grant.request",
    group: source.place.group,
    edgeIncarnation: context.incarnation,
    stream: stream.number,
    round: source.round,
    n,
    visibilityMs: stream.visibilityMs,
    isStanding: true,
    bound: undefined,
    serial: stream.nextSerial(context.monotonicMs),
  });
}

/** A new round: nothing was granted in it yet. What still comes of the old one is delivered all the same. */
export function countAnew(source: Source): void {
  source.round += 1;
  source.received = 0;
  source.asked = 0;
  source.missing = 0;
  source.missingSinceMs = 0;
}

export function onStandingGranted(
  streams: StreamHost,
  stream: EdgeStream,
  source: Source,
  from: number,
  m: Granted,
): void {
  source.lastHeardMs = streams.context.monotonicMs;
  if (m.state === "not-leader") {
    // Asked again at the next refresh, at another member.
    if (m.serial === stream.serial) source.tries += 1;
    return;
  }
  source.tries = 0;
  streams.operations.router.learnLeader(source.place.group, from);
  if (m.index !== 0) takeItems(streams, stream, source, m);
  if (m.round === source.round) noteMissing(streams, source, m.grantedInRound);
  streams.endIfDone(stream);
  streams.advance(stream);
}

function takeItems(streams: StreamHost, stream: EdgeStream, source: Source, m: Granted): void {
  const isLate = source.handled.isPast(m.index, m.round);
  source.handled.mark(m.index, m.round);
  for (const item of m.items) {
    if (m.round === source.round) source.received += 1;
    // Written in grant order: what comes after a later grant goes back (Q16).
    if (isLate) streams.release(source.place, item);
    else streams.deliver(stream, source, item, m.serial);
  }
}

function noteMissing(streams: StreamHost, source: Source, granted: number): void {
  if (granted <= source.received) {
    source.missingSinceMs = 0;
    source.missing = 0;
    return;
  }
  source.missing = granted;
  if (source.missingSinceMs === 0) source.missingSinceMs = streams.context.monotonicMs;
}

export function tickStanding(streams: StreamHost, stream: EdgeStream): void {
  const source = stream.sources[0];
  const { context } = streams;
  const now = context.monotonicMs;
  if (source.missingSinceMs !== 0 && now - source.missingSinceMs >= MISSING_MS) {
    source.missingSinceMs = now;
    askForDigest(streams, stream, source);
  }
  if (stream.isHalfClosed) askIfEmpty(streams, stream, source);
  const isOpen = stream.openCredits > 0 || source.missing > 0;
  if (isOpen && now - source.lastHeardMs >= SILENCE_MS) tryAnother(streams, source);
  if (isOpen && now - source.lastSentMs >= refreshMs(stream)) stand(streams, stream, true);
}

/** Refreshes are answered: silence means that nobody is there, so the next voter is asked. */
function tryAnother(streams: StreamHost, source: Source): void {
  source.lastHeardMs = streams.context.monotonicMs;
  source.tries += 1;
  streams.operations.router.forgetLeader(source.place.group);
}

/** A half-closed stream ends when nothing is ready: the ladder tells. */
function askIfEmpty(streams: StreamHost, stream: EdgeStream, source: Source): void {
  const { context } = streams;
  if (context.monotonicMs < stream.nextAskMs) return;
  stream.nextAskMs = context.monotonicMs + 100;
  const { group, voters } = source.place;
  context.send(streams.operations.router.leaderOf(group, voters, source.tries), {
    kind: "ask",
    group,
    edgeIncarnation: context.incarnation,
    stream: stream.number,
    serial: stream.serial,
    count: 1,
  });
}
