// Intents with what a test does not care about filled in.

import type { Intent } from "@disheap/core";

export const enqueue = (fields: Partial<Extract<Intent, { kind: "enqueue" }>> = {}): Intent => ({
  kind: "enqueue",
  priorityHi: 0,
  priorityLo: 7,
  payload: Uint8Array.of(1),
  producer: undefined,
  maxRetries: undefined,
  delayMs: 0,
  ...fields,
});
export const grant = (fields: Partial<Extract<Intent, { kind: "grant" }>> = {}): Intent => ({
  kind: "grant",
  edge: 1,
  edgeIncarnation: 1,
  stream: 1,
  round: 1,
  n: 1,
  limit: 10,
  visibilityMs: 1000,
  bound: undefined,
  ...fields,
});
