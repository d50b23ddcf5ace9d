// Consumers' streams: each edge (the node a consumer talks to) has an incarnation, one life of its process, and each
// life its streams. A life that was replaced takes nothing any more (D-21). When a stream closes or an edge's life
// ends, the leases of what is open then run out after a grace, which never counts as an attempt (D-24).

import { isSameStream, type Intent, type StreamName } from "@disheap/core";
import { placeOf, type Lease } from "./messages.js";
import type { Now, State, Stream } from "./state.js";

/** The stream, made when new; undefined when the edge's life was replaced. */
export function streamOf(
  state: State,
  { edge, edgeIncarnation, stream }: StreamName,
): Stream | undefined {
  let its = state.edges.find(({ number }) => number === edge);
  if (!its) {
    its = { number: edge, incarnation: edgeIncarnation, streams: [] };
    state.edges.push(its);
  }
  if (its.incarnation !== edgeIncarnation) return undefined;
  let found = its.streams.find(({ number }) => number === stream);
  if (!found) {
    found = { number: stream, round: 0, granted: 0, isClosed: false };
    its.streams.push(found);
  }
  return found;
}

export function closeStream(
  state: State,
  intent: Extract<Intent, { kind: "stream.close" }>,
  now: Now,
): void {
  const { edge, graceMs } = intent;
  const found = streamOf(state, intent);
  if (!found) return;
  shorten(state, (lease) => isSameStream(lease, intent), graceMs, now);
  found.isClosed = true;
  forgetOneClosed(state, edge);
}

/** Beyond the bound, the oldest closed stream without a lease. */
function forgetOneClosed({ edges, messages, limits }: State, edge: number): void {
  const its = edges.find(({ number }) => number === edge);
  if (!its || its.streams.length <= limits.closedStreamsMax) return;
  const holds = ({ number }: Stream): boolean =>
    messages.some(
      ({ lease: l }) =>
        l?.edge === edge && l.edgeIncarnation === its.incarnation && l.stream === number,
    );
  const forgotten = its.streams.find((s) => s.isClosed && !holds(s));
  its.streams = its.streams.filter((s) => s !== forgotten);
}

/** A newer life of an edge. */
export function replaceEdge(
  state: State,
  { edge, edgeIncarnation, graceMs }: Omit<StreamName, "stream"> & { readonly graceMs: number },
  now: Now,
): void {
  const its = state.edges.find(({ number }) => number === edge);
  if (!its) {
    state.edges.push({ number: edge, incarnation: edgeIncarnation, streams: [] });
    return;
  }
  const old = its.incarnation;
  if (edgeIncarnation <= old) return;
  const closed = new Set(its.streams.filter((s) => s.isClosed).map(({ number }) => number));
  its.incarnation = edgeIncarnation;
  its.streams = [];
  const isMeant = (l: Lease): boolean =>
    l.edge === edge && l.edgeIncarnation === old && !closed.has(l.stream);
  shorten(state, isMeant, graceMs, now);
}

/** min(deadline, stamp + grace). */
function shorten(
  { messages }: State,
  isMeant: (lease: Lease) => boolean,
  graceMs: number,
  { stampMs, events }: Now,
): void {
  for (const m of messages) {
    if (!m.lease || !isMeant(m.lease) || m.timeMs <= stampMs + graceMs) continue;
    m.timeMs = stampMs + graceMs;
    const { fence, timeMs: deadlineMs } = m;
    events.push({ kind: "message.shortened", ...placeOf(m), fence, deadlineMs });
  }
}
