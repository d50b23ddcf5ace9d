// What waits in a session becomes parts of frames: answers, then deliveries, then news. A part carries so many ranges of
// answers at most; the rest goes into the next ones.

import { type Draft, encodeSessionOut, type SessionOut } from "@disheap/proto/session";
import type { SessionPart } from "../contract/api.js";
import type { Session } from "./session.js";

/** Of each kind of answer. With the longest sentences they are below half a megabyte. */
const RANGES_MAX = 1024;

export function hasNews(session: Session): boolean {
  const { answers, batches, ended, routes } = session;
  const isQuiet =
    answers.isEmpty && batches.length === 0 && ended.length === 0 && routes.length === 0;
  return !isQuiet || session.hasWindowToTell;
}

/** The next parts; `first` goes before all else (a welcome), `last` behind it (the end). */
export function takeParts(
  session: Session,
  first: Draft<SessionOut> = {},
  last: Draft<SessionOut> = {},
): SessionPart[] {
  const { answers } = session;
  const parts: SessionPart[] = [];
  addWords(parts, {
    enqueued: answers.enqueued.splice(0, RANGES_MAX),
    duplicate: answers.duplicate.splice(0, RANGES_MAX),
    settled: answers.settled.splice(0, RANGES_MAX),
    failed: answers.failed.splice(0, RANGES_MAX),
    enqueueBytesMax: session.takeWindow(),
    ...first,
  });
  parts.push(...session.takeBatches());
  // A consumer's end comes behind its last delivery.
  addWords(parts, {
    ended: session.ended.splice(0, RANGES_MAX),
    route: session.routes.splice(0, RANGES_MAX),
    ...last,
  });
  return parts;
}

function addWords(parts: SessionPart[], draft: Draft<SessionOut>): void {
  const bytes = encodeSessionOut(draft);
  if (bytes.length === 0) return;
  parts.push({ rows: 0, leaseLeftMs: Infinity, encode: () => bytes });
}
