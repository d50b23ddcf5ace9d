// Enqueue: a new message, unless its producer has sent it before.

import type { Intent, TopicSettings } from "@disheap/core";
import { firstOf, remember } from "./dedup.js";
import { priorityOf } from "./messages.js";
import type { SpecResult } from "./results.js";
import type { Now, State } from "./state.js";

export function enqueue(
  state: State,
  settings: TopicSettings,
  intent: Extract<Intent, { kind: "enqueue" }>,
  offset: number,
  now: Now,
): SpecResult {
  const { producer, priorityHi, priorityLo, delayMs } = intent;
  const first = producer && firstOf(state, producer, now);
  if (first) {
    const { index, offset: at, stampMs } = first;
    now.events.push({ kind: "message.duplicate", index, offset: at });
    return { type: "enqueued", index, offset: at, stampMs, isDuplicate: true };
  }
  const { index, stampMs } = now;
  if (producer) remember(state, producer, { index, offset, stampMs }, now);
  const maxRetries = intent.maxRetries ?? settings.maxRetries;
  const notBeforeMs = delayMs > 0 ? stampMs + delayMs : 0;
  state.messages.push({
    index,
    offset,
    enqueuedMs: stampMs,
    priority: priorityOf(priorityHi, priorityLo),
    maxRetries,
    bytes: intent.payload.length,
    state: delayMs > 0 ? "delayed" : "ready",
    timeMs: notBeforeMs,
    attempts: 0,
    fence: 0,
    lease: undefined,
    ended: "none",
  });
  now.events.push({
    kind: "message.enqueued",
    index,
    offset,
    priorityHi,
    priorityLo,
    maxRetries,
    notBeforeMs,
  });
  return { type: "enqueued", index, offset, stampMs, isDuplicate: false };
}
