// What waits in a session becomes frames: answers, then deliveries, then news. A frame is cut at a megabyte of
// deliveries or after one row, and carries so many ranges of answers at most; the rest goes into the next one.

import {
  type DeliveryRows,
  type Draft,
  encodeSessionOut,
  type SessionOut,
} from "@disheap/proto/session";
import type { Session, UnwrittenFrame } from "./session.js";

/** Of each kind of answer. With the longest sentences they are below half a megabyte. */
const RANGES_MAX = 1024;

export function hasNews(session: Session): boolean {
  const { answers, batches, ended, routes } = session;
  const isQuiet =
    answers.isEmpty && batches.size === 0 && ended.length === 0 && routes.length === 0;
  return !isQuiet || session.hasWindowToTell;
}

/** The next frame; `more` goes in with it: a welcome, or the end. */
export function takeFrame(
  session: Session,
  nowMs: number,
  more: Draft<SessionOut> = {},
): { readonly frame: Uint8Array; readonly unwritten: UnwrittenFrame } {
  const { answers, ring } = session;
  const firstDelivery = ring.nextNumber;
  const counts: { clientStream: number; count: number }[] = [];
  const delivered: Draft<DeliveryRows>[] = [];
  for (const batch of session.batches.values()) {
    delivered.push(batch.rows(ring.nextNumber));
    for (const delivery of batch.deliveries) ring.add(delivery);
    counts.push({ clientStream: batch.clientStream, count: batch.deliveries.length });
  }
  const frame = encodeSessionOut({
    enqueued: answers.enqueued.splice(0, RANGES_MAX),
    duplicate: answers.duplicate.splice(0, RANGES_MAX),
    settled: answers.settled.splice(0, RANGES_MAX),
    failed: answers.failed.splice(0, RANGES_MAX),
    delivered,
    ended: session.ended.splice(0, RANGES_MAX),
    route: session.routes.splice(0, RANGES_MAX),
    enqueueBytesMax: session.takeWindow(),
    ...more,
  });
  session.batches.clear();
  session.batchBytes = 0;
  return { frame, unwritten: { handedMs: nowMs, firstDelivery, counts } };
}
