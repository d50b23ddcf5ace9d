// Streams that draw from several partitions: ask all leaders for their best candidates, merge them by
// priority, send bounded grants, collect, sort, write. This merge stands in for the spine's beacons and
// keeps its shape: choose, grant in parallel, collect, sort, then write (D-4d). What comes late is used all
// the same: candidates by the next choice, grants at once as far as credits are open. Invariant:
//   E7 a stream asks, or collects a round, or neither; never both, or credits would be spent twice.

import { assert } from "../../lib/assert.js";
import { compareInt64 } from "../../lib/int64.js";
import { CANDIDATES_MAX, type Granted, type Ladder } from "../../wire/messages.js";
import type { EdgeStream, Source } from "./edge-stream.js";
import { askForDigest, type StreamHost } from "./stream-host.js";

/**
 * A leader that does not answer within this time is left out of the choice. The time follows what its
 * answers took so far, as does the next one.
 */
const ASK_WAIT_MS = 300;
const ASK_WAIT_MAX_MS = 3_000;
/** Credits whose grants did not come back may be spent again (D-23). */
const ROUND_WAIT_MS = 1000;
const ROUND_WAIT_MAX_MS = 10_000;
const REASK_MS = 500;
/** After a round that brought nothing. */
const PAUSE_MS = 50;
/** Candidates that were asked for longer ago say nothing any more. */
const VIEW_LIFE_MS = 5_000;

/** Starts a round if credits are open and none is under way. */
export function wakeRounds(streams: StreamHost, stream: EdgeStream): void {
  if (stream.openCredits === 0 || stream.ask || stream.round) return;
  const { context } = streams;
  const now = context.monotonicMs;
  const serial = stream.nextSerial(now);
  const heard = stream.sources.filter((s) => !s.isSilent);
  const awaited = heard.length > 0 ? heard : stream.sources;
  stream.ask = {
    serial,
    untilMs: now + Math.max(...awaited.map((s) => s.askPace.waitMs(ASK_WAIT_MS, ASK_WAIT_MAX_MS))),
    waiting: new Set(awaited.map((s) => s.place.group)),
    unanswered: new Set(stream.sources.map((s) => s.place.group)),
  };
  stream.nextAskMs = now + REASK_MS;
  const count = Math.min(CANDIDATES_MAX, stream.openCredits);
  for (const source of stream.sources) {
    const { group, voters } = source.place;
    context.send(streams.operations.router.leaderOf(group, voters, source.tries), {
      kind: "ask",
      group,
      edgeIncarnation: context.incarnation,
      stream: stream.number,
      serial,
      count,
    });
  }
}

export function onLadder(
  streams: StreamHost,
  stream: EdgeStream,
  source: Source,
  from: number,
  m: Ladder,
): void {
  if (m.state === "not-leader") {
    if (m.leader !== 0 && m.leader !== from) {
      streams.operations.router.learnLeader(source.place.group, m.leader);
      source.tries = 0;
    } else source.tries += 1;
  } else {
    source.tries = 0;
    if (source.leader !== from) leaderOfSourceChanged(source, from);
    streams.operations.router.learnLeader(source.place.group, from);
  }
  if (stream.isSingle) {
    noteEmpty(streams, stream, m);
    return;
  }
  keepView(streams, stream, source, m);
  const { ask } = stream;
  if (!ask) {
    // Pushed because something turned ready, or too late for its own choice.
    if (m.rungs.length > 0) wakeRounds(streams, stream);
    return;
  }
  if (m.serial !== ask.serial) return;
  if (m.state === "ok") ask.unanswered.delete(source.place.group);
  if (ask.waiting.delete(source.place.group) && ask.waiting.size === 0) choose(streams, stream);
}

/** Candidates count from when they were asked for (D-2); those that were pushed only wake. */
function keepView(streams: StreamHost, stream: EdgeStream, source: Source, m: Ladder): void {
  const now = streams.context.monotonicMs;
  source.isSilent = false;
  source.lastHeardMs = now;
  const askedMs = m.serial === 0 ? undefined : stream.sentAt(m.serial);
  if (askedMs === undefined || m.state !== "ok") return;
  source.askPace.note(now - askedMs);
  if (source.view && source.view.askedMs > askedMs) return;
  source.view = { rungs: m.rungs, askedMs };
}

function noteEmpty(streams: StreamHost, stream: EdgeStream, m: Ladder): void {
  if (!stream.isHalfClosed || m.state !== "ok") return;
  stream.emptyAnswers = m.rungs.length === 0 ? stream.emptyAnswers + 1 : 0;
  streams.endIfDone(stream);
}

interface Candidate {
  readonly source: Source;
  readonly hi: number;
  readonly lo: number;
  readonly count: number;
}

/** The views that no choice has used, best candidate first; they are used up. */
function takeCandidates(streams: StreamHost, stream: EdgeStream): Candidate[] {
  const candidates: Candidate[] = [];
  for (const source of stream.sources) {
    const { view } = source;
    source.view = undefined;
    if (!view || streams.context.monotonicMs - view.askedMs > VIEW_LIFE_MS) continue;
    for (const rung of view.rungs) candidates.push({ source, ...rung });
  }
  const isMin = streams.modeOf(stream.topic) === "MIN";
  return candidates.sort((a, b) => {
    const c = compareInt64(a.hi, a.lo, b.hi, b.lo);
    return (isMin ? c : -c) || a.source.place.group - b.source.place.group;
  });
}

interface Share {
  n: number;
  hi: number;
  lo: number;
}

/** Takes the best candidates of all partitions and asks each partition for its share. */
function choose(streams: StreamHost, stream: EdgeStream): void {
  const { ask } = stream;
  stream.ask = undefined;
  // The transport may have stalled since the question.
  if (!ask || stream.openCredits === 0) return;
  const candidates = takeCandidates(streams, stream);
  if (candidates.length === 0) {
    if (stream.isHalfClosed && ask.unanswered.size === 0) stream.emptyAnswers += 1;
    streams.endIfDone(stream);
    return;
  }
  stream.emptyAnswers = 0;
  const shares = new Map<Source, Share>();
  let left = stream.openCredits;
  for (const { source, hi, lo, count } of candidates) {
    if (left === 0) break;
    if (source.trust.isResting(streams.context.monotonicMs)) continue;
    const before = shares.get(source)?.n ?? 0;
    // One that failed is trusted with a single credit.
    const most = source.trust.isLost ? 1 - before : count;
    const take = Math.min(left, count, most);
    if (take === 0) continue;
    left -= take;
    shares.set(source, { n: before + take, hi, lo });
  }
  if (shares.size > 0) startRound(streams, stream, shares);
}

/** Nobody waits for a partition that failed: what it grants is delivered when it comes. */
function startRound(
  streams: StreamHost,
  stream: EdgeStream,
  shares: ReadonlyMap<Source, Readonly<Share>>,
): void {
  const { context } = streams;
  const now = context.monotonicMs;
  assert(!stream.ask && !stream.round, "E7: a round begins when none is under way");
  stream.roundNumber += 1;
  const serial = stream.nextSerial(now);
  const waiting = new Set<number>();
  let waitMs = 0;
  for (const [source, share] of shares) {
    const { group, voters } = source.place;
    if (source.trust.isLost) putToTheProof(streams, stream, source);
    else {
      waiting.add(group);
      waitMs = Math.max(waitMs, source.grantPace.waitMs(ROUND_WAIT_MS, ROUND_WAIT_MAX_MS));
    }
    source.isTouched = true;
    source.round = stream.roundNumber;
    source.received = 0;
    context.send(streams.operations.router.leaderOf(group, voters, source.tries), {
      kind: "grant.request",
      group,
      edgeIncarnation: context.incarnation,
      stream: stream.number,
      round: stream.roundNumber,
      n: share.n,
      visibilityMs: stream.visibilityMs,
      isStanding: false,
      bound: { hi: share.hi, lo: share.lo },
      serial,
    });
  }
  if (waiting.size > 0) stream.round = { untilMs: now + waitMs, waiting, items: [] };
  else stream.nextAskMs = now + PAUSE_MS;
}

/** What the last proof was granted may have been lost on the way: its leader names it. */
function putToTheProof(streams: StreamHost, stream: EdgeStream, source: Source): void {
  source.trust.rest(streams.context.monotonicMs);
  askForDigest(streams, stream, source);
}

export function onRoundGranted(
  streams: StreamHost,
  stream: EdgeStream,
  source: Source,
  m: Granted,
): void {
  const { round } = stream;
  if (m.state === "not-leader") source.tries += 1;
  const isLate = m.index !== 0 && source.handled.isPast(m.index, m.round);
  if (m.index !== 0) noteCommitted(streams, stream, source, m);
  const isOurs = round !== undefined && m.round === stream.roundNumber;
  for (const item of m.items) {
    if (m.round === source.round) source.received += 1;
    // Written in grant order: what comes after a later grant goes back (Q16).
    if (isLate) streams.release(source.place, item);
    else if (isOurs) round.items.push({ source, item, serial: m.serial });
    // Its round is over; it is delivered as far as credits are open.
    else streams.deliver(stream, source, item, m.serial);
  }
  if (isOurs) {
    round.waiting.delete(source.place.group);
    if (round.waiting.size === 0) writeRound(streams, stream);
  } else if (m.items.length > 0) {
    streams.endIfDone(stream);
    if (!stream.isClosed) wakeRounds(streams, stream);
  }
}

/** A grant of this partition was committed, be it an empty one. */
function noteCommitted(streams: StreamHost, stream: EdgeStream, source: Source, m: Granted): void {
  const now = streams.context.monotonicMs;
  source.trust.proved();
  source.lastHeardMs = now;
  const askedMs = stream.sentAt(m.serial);
  if (askedMs !== undefined) source.grantPace.note(now - askedMs);
  // An empty one leaves nothing to handle: a copy of its request may have been granted something.
  if (m.items.length > 0) source.handled.mark(m.index, m.round);
}

/** Sorts what was collected by the full triple and writes it, then goes on. */
function writeRound(streams: StreamHost, stream: EdgeStream): void {
  const { round } = stream;
  if (!round) return;
  stream.round = undefined;
  const isMin = streams.modeOf(stream.topic) === "MIN";
  round.items.sort((a, b) => {
    const x = a.item;
    const y = b.item;
    const c = compareInt64(x.priorityHi, x.priorityLo, y.priorityHi, y.priorityLo);
    return (
      (isMin ? c : -c) ||
      x.enqueuedMs - y.enqueuedMs ||
      a.source.place.group - b.source.place.group ||
      x.index - y.index ||
      x.offset - y.offset
    );
  });
  for (const { source, item, serial } of round.items) streams.deliver(stream, source, item, serial);
  streams.endIfDone(stream);
  if (stream.isClosed) return;
  if (round.items.length > 0) wakeRounds(streams, stream);
  else stream.nextAskMs = streams.context.monotonicMs + PAUSE_MS;
}

export function tickRounds(streams: StreamHost, stream: EdgeStream): void {
  const now = streams.context.monotonicMs;
  if (stream.ask && now >= stream.ask.untilMs) {
    for (const group of stream.ask.waiting) {
      const source = stream.sourceOf(group);
      if (source) source.isSilent = true;
    }
    choose(streams, stream);
  }
  if (stream.round && now >= stream.round.untilMs) {
    failRound(streams, stream);
    writeRound(streams, stream);
  }
  tryOthers(stream, now);
  if (now >= stream.nextAskMs) wakeRounds(streams, stream);
}

/** Where nobody answers, another member is asked, each for as long as an answer may take. */
function tryOthers(stream: EdgeStream, nowMs: number): void {
  for (const source of stream.sources) {
    const waitMs = source.askPace.waitMs(ASK_WAIT_MS, ASK_WAIT_MAX_MS);
    if (!source.isSilent || nowMs - source.lastHeardMs < waitMs) continue;
    source.lastHeardMs = nowMs;
    source.tries += 1;
  }
}

/** Grants that did not arrive may exist all the same: their leader names them. */
function failRound(streams: StreamHost, stream: EdgeStream): void {
  for (const group of stream.round?.waiting ?? []) {
    const source = stream.sourceOf(group);
    if (!source) continue;
    source.trust.rest(streams.context.monotonicMs);
    askForDigest(streams, stream, source);
    source.tries += 1;
  }
}

/** Another node leads the partition: what the last one failed at says nothing of it. */
function leaderOfSourceChanged(source: Source, leader: number): void {
  source.leader = leader;
  source.trust.proved();
}
