// How many deliveries a consumer may hold, the same for every queue beside each other. A place is free again once the
// acknowledgement is committed, or, where a queue says nothing of that, once it was sent: with as many as enqueues
// are under way, deliveries would wait for the round trip and not for the queue.

const PREFETCH_MIN = 512;
/** What most clients take at most. */
const PREFETCH_MAX = 1_000;

export function prefetchOf(window: number): number {
  return Math.min(PREFETCH_MAX, Math.max(PREFETCH_MIN, 2 * window));
}
