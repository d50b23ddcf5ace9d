// Messages: what is known of one, and which of them is better.
//
// A message is ready, delayed, leased or dead. Its id is its place in the log, (index, offset); so ids are in the
// order of the enqueues, and among equal priorities the older message comes first (D-12).

import type { MessageRef, StreamName } from "@disheap/core";

/** Who holds a message, and since when. */
export interface Lease extends StreamName {
  readonly round: number;
  readonly grantedMs: number;
  /** The entry that granted it. */
  readonly grantIndex: number;
}

export interface Message extends MessageRef {
  readonly enqueuedMs: number;
  readonly priority: bigint;
  readonly maxRetries: number;
  readonly bytes: number;
  state: "ready" | "delayed" | "leased" | "dead";
  /** Delayed: ready from then on. Leased: the deadline. Otherwise a memory of what it was last. */
  timeMs: number;
  /** Deliveries that count (D-13). */
  attempts: number;
  /** Deliveries in all: it only grows, and names the newest lease (D-13). */
  fence: number;
  /** While it is leased. */
  lease: Lease | undefined;
  /** How the newest lease ended. */
  ended: "none" | "expired" | "settled" | "released";
}

export function priorityOf(hi: number, lo: number): bigint {
  return (BigInt(hi) << 32n) | BigInt(lo);
}

export function byAge(a: MessageRef, b: MessageRef): number {
  return a.index - b.index || a.offset - b.offset;
}

/** In `MIN` the smaller priority is the better one, in `MAX` the larger. */
export function isBetter(a: bigint, b: bigint, mode: "MIN" | "MAX"): boolean {
  return mode === "MIN" ? a < b : a > b;
}

/** Who is delivered next (Q14). */
export function bestReady(messages: readonly Message[], mode: "MIN" | "MAX"): Message | undefined {
  let best: Message | undefined;
  for (const m of messages) {
    if (m.state !== "ready") continue;
    // By age, so an equal one that comes later is younger.
    if (!best || isBetter(m.priority, best.priority, mode)) best = m;
  }
  return best;
}

/** The order of delivery, written down a second way. */
export function readyInOrder(messages: readonly Message[], mode: "MIN" | "MAX"): Message[] {
  return messages
    .filter((m) => m.state === "ready")
    .sort((a, b) => {
      if (a.priority === b.priority) return byAge(a, b);
      return isBetter(a.priority, b.priority, mode) ? -1 : 1;
    });
}

export function find(messages: readonly Message[], at: MessageRef): Message | undefined {
  return messages.find((m) => m.index === at.index && m.offset === at.offset);
}

export function placeOf({ index, offset }: MessageRef): MessageRef {
  return { index, offset };
}
