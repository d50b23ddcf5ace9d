// Streams that draw from several partitions: ask all leaders for their best candidates, merge them by
// priority, send bounded grants, collect, sort, write. This merge stands in for the spine's beacons and
// keeps its shape: choose, grant in parallel, collect, sort, then write (D-4d).

import { compareInt64 } from "../../lib/int64.js";
import type { Granted, Ladder } from "../../wire/messages.js";
import type { Mode } from "../../contract/api.js";
import type { EdgeStream, Source } from "./edge-stream.js";
import type { StreamHost } from "./stream-host.js";

/** A leader that does not answer within this time is left out of the choice. */
const ASK_WAIT_MS = 300;
/** Credits whose grants did not come back may be spent again (D-23). */
const ROUND_WAIT_MS = 1000;
const REASK_MS = 500;
const CANDIDATES_MAX = 1024;

/** Starts a round if credits are open and none is under way. */
export function wakeRounds(streams: StreamHost, stream: EdgeStream): void {
  if (stream.openCredits === 0 || stream.ask || stream.round) return;
  const { context } = streams;
  const serial = stream.nextSerial(context.monotonicMs);
  stream.ask = {
    serial,
    startedMs: context.monotonicMs,
    waiting: new Set(stream.sources.map((s) => s.place.group)),
    rungs: [],
  };
  stream.nextAskMs = context.monotonicMs + REASK_MS;
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
    streams.operations.router.learnLeader(source.place.group, from);
  }
  if (stream.isSingle) {
    noteEmpty(streams, stream, m);
    return;
  }
  const { ask } = stream;
  if (!ask) {
    // Pushed because something turned ready.
    if (m.serial === 0 && m.rungs.length > 0) wakeRounds(streams, stream);
    return;
  }
  if (m.serial !== ask.serial || !ask.waiting.delete(source.place.group)) return;
  for (const rung of m.rungs) ask.rungs.push({ group: source.place.group, ...rung });
  if (ask.waiting.size === 0) choose(streams, stream);
}

function noteEmpty(streams: StreamHost, stream: EdgeStream, m: Ladder): void {
  if (!stream.isHalfClosed || m.state !== "ok") return;
  stream.emptyAnswers = m.rungs.length === 0 ? stream.emptyAnswers + 1 : 0;
  streams.endIfDone(stream);
}

function modeOf(streams: StreamHost, stream: EdgeStream): Mode {
  return streams.modeOf(stream.topic);
}

/** Takes the best candidates of all partitions and asks each partition for its share. */
function choose(streams: StreamHost, stream: EdgeStream): void {
  const { ask } = stream;
  stream.ask = undefined;
  // The transport may have stalled since the question.
  if (!ask || stream.openCredits === 0) return;
  const isMin = modeOf(streams, stream) === "MIN";
  const rungs = ask.rungs.sort((a, b) => {
    const c = compareInt64(a.hi, a.lo, b.hi, b.lo);
    return (isMin ? c : -c) || a.group - b.group;
  });
  if (rungs.length === 0) {
    if (stream.isHalfClosed && ask.waiting.size === 0) stream.emptyAnswers += 1;
    streams.endIfDone(stream);
    return;
  }
  stream.emptyAnswers = 0;
  const shares = new Map<number, { n: number; hi: number; lo: number }>();
  let left = stream.openCredits;
  for (const rung of rungs) {
    if (left === 0) break;
    const take = Math.min(left, rung.count);
    left -= take;
    const n = (shares.get(rung.group)?.n ?? 0) + take;
    shares.set(rung.group, { n, hi: rung.hi, lo: rung.lo });
  }
  startRound(streams, stream, shares);
}

function startRound(
  streams: StreamHost,
  stream: EdgeStream,
  shares: ReadonlyMap<number, { readonly n: number; readonly hi: number; readonly lo: number }>,
): void {
  const { context } = streams;
  stream.roundNumber += 1;
  stream.round = {
    startedMs: context.monotonicMs,
    waiting: new Set(shares.keys()),
    items: [],
  };
  const serial = stream.nextSerial(context.monotonicMs);
  for (const [group, share] of shares) {
    const source = stream.sourceOf(group);
    if (!source) continue;
    source.isTouched = true;
    source.round = stream.roundNumber;
    source.received = 0;
    context.send(streams.operations.router.leaderOf(group, source.place.voters, source.tries), {
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
}

export function onRoundGranted(
  streams: StreamHost,
  stream: EdgeStream,
  source: Source,
  m: Granted,
): void {
  const { round } = stream;
  if (m.state === "not-leader") source.tries += 1;
  const isLate = m.index !== 0 && m.index < source.through;
  if (m.index !== 0) stream.markHandled(source, m.index);
  const isOurs = round !== undefined && m.round === stream.roundNumber;
  for (const item of m.items) {
    if (m.round === source.round) source.received += 1;
    if (isOurs && !isLate) round.items.push({ source, item, serial: m.serial });
    else streams.release(source.place, item);
  }
  if (!isOurs) return;
  round.waiting.delete(source.place.group);
  if (round.waiting.size === 0) writeRound(streams, stream);
}

/** Sorts what was collected by the full triple and writes it, then goes on. */
function writeRound(streams: StreamHost, stream: EdgeStream): void {
  const { round } = stream;
  if (!round) return;
  stream.round = undefined;
  const isMin = modeOf(streams, stream) === "MIN";
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
  else stream.nextAskMs = streams.context.monotonicMs + 50;
}

export function tickRounds(streams: StreamHost, stream: EdgeStream): void {
  const now = streams.context.monotonicMs;
  if (stream.ask && now - stream.ask.startedMs >= ASK_WAIT_MS) {
    for (const group of stream.ask.waiting) {
      const source = stream.sourceOf(group);
      if (source) source.tries += 1;
    }
    choose(streams, stream);
  }
  if (stream.round && now - stream.round.startedMs >= ROUND_WAIT_MS) {
    askForDigests(streams, stream);
    writeRound(streams, stream);
  }
  if (now >= stream.nextAskMs) wakeRounds(streams, stream);
}

/** Grants that did not arrive may exist all the same: their leader names them. */
function askForDigests(streams: StreamHost, stream: EdgeStream): void {
  for (const group of stream.round?.waiting ?? []) {
    const source = stream.sourceOf(group);
    if (!source) continue;
    source.tries += 1;
    streams.context.send(streams.operations.router.leaderOf(group, source.place.voters, 0), {
      kind: "digest.request",
      group,
      edgeIncarnation: streams.context.incarnation,
      stream: stream.number,
    });
  }
}
