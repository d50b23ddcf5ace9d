// What a partition's leader answers to a peek: the first messages in the contract's order, as many as
// fit one reply.

import type { Partition } from "../delivery/partition.js";
import { peek } from "../delivery/views.js";
import { encodePeek } from "../wire/read-bodies.js";

/** Payload bytes of one partition's peek beyond its first message: the reply must fit one frame. */
const PEEK_BYTES_MAX = 1 << 20;

export function peekBody(p: Partition, limit: number, includeDlq: boolean): Uint8Array {
  const m = p.messages;
  const found = peek(p, limit, includeDlq);
  let bytes = 0;
  const slots = found.slots.filter((slot) => {
    const fits = bytes < PEEK_BYTES_MAX;
    bytes += m.payloads.bytesAt(slot);
    return fits;
  });
  const rows = slots.map((slot) => ({
    index: m.index[slot],
    offset: m.offset[slot],
    enqueuedMs: m.enqueuedMs[slot],
    state: m.state[slot],
    priorityHi: m.priorityHi[slot],
    priorityLo: m.priorityLo[slot],
    attempts: m.attempts[slot],
    maxRetries: m.maxRetries[slot],
    timeMs: m.timeMs[slot],
    payload: m.payloads.get(slot),
    producer: m.producers.get(slot),
  }));
  return encodePeek(rows, found.hasMore || slots.length < found.slots.length);
}
