// Enqueue at apply: the id is the entry's place, the enqueued time its stamp (D-10); a triple that was
// seen in the window makes nothing new (G6).

import type { Offset } from "../lib/brands.js";
import type { ProducerTriple } from "../contract/api.js";
import {
  type EnqueueManyIntent,
  placeAt,
  RETRIES_OF_TOPIC,
  wordAt,
} from "../wire/batch-intents.js";
import type { EnqueueIntent } from "../wire/intents.js";
import type { DuplicateRow, IntentResult } from "../machine/results.js";
import { LeaseEnd } from "./lease-end.js";
import type { MessagePlace } from "./message-place.js";
import type { Moment, PartitionState } from "./partition-state.js";

/** One message, wherever it comes from; one object serves all rows of a batch. */
interface Row {
  priorityHi: number;
  priorityLo: number;
  /** Its payload is so much of these bytes. */
  bytes: Uint8Array;
  from: number;
  to: number;
  /** Its sequence stands beside it. */
  producer: ProducerTriple | undefined;
  sequenceHi: number;
  sequenceLo: number;
  maxRetries: number;
  delayMs: number;
}

export function applyEnqueue(
  p: PartitionState,
  intent: EnqueueIntent,
  offset: Offset,
  moment: Moment,
): IntentResult {
  const { priorityHi, priorityLo, payload, producer, maxRetries, delayMs } = intent;
  const row: Row = {
    priorityHi,
    priorityLo,
    bytes: payload,
    from: 0,
    to: payload.length,
    producer,
    sequenceHi: producer?.sequenceHi ?? 0,
    sequenceLo: producer?.sequenceLo ?? 0,
    maxRetries: maxRetries ?? RETRIES_OF_TOPIC,
    delayMs,
  };
  const first = duplicateOf(p, row, moment);
  if (first) return { type: "enqueued", ...first, isDuplicate: true };
  admit(p, row, offset, moment);
  const { index, nowMs } = moment;
  return { type: "enqueued", index, offset, stampMs: nowMs, isDuplicate: false };
}

/** Row by row, in their order; `offset` is the first one's. */
export function applyEnqueueMany(
  p: PartitionState,
  intent: EnqueueManyIntent,
  offset: Offset,
  moment: Moment,
): IntentResult {
  const { priority, length, maxRetries, delayMs, payload, producer } = intent;
  const row: Row = {
    priorityHi: 0,
    priorityLo: 0,
    bytes: payload,
    from: 0,
    to: 0,
    producer,
    sequenceHi: producer?.sequenceHi ?? 0,
    sequenceLo: producer?.sequenceLo ?? 0,
    maxRetries: RETRIES_OF_TOPIC,
    delayMs: 0,
  };
  const duplicates: DuplicateRow[] = [];
  for (let n = 0; n < intent.rows; n += 1) {
    row.to = row.from + wordAt(length, n * 4);
    row.priorityHi = wordAt(priority, n * 8 + 4) | 0;
    row.priorityLo = wordAt(priority, n * 8);
    if (maxRetries.length > 0) row.maxRetries = wordAt(maxRetries, n * 4);
    if (delayMs.length > 0) row.delayMs = placeAt(delayMs, n * 8);
    const first = duplicateOf(p, row, moment);
    if (first) duplicates.push({ row: n, ...first });
    else admit(p, row, offset + n, moment);
    row.from = row.to;
    row.sequenceLo += 1;
    if (row.sequenceLo > 0xffffffff) {
      row.sequenceLo = 0;
      row.sequenceHi += 1;
    }
  }
  p.messages.payloads.endRun();
  const { index, nowMs } = moment;
  return { type: "enqueued.many", index, firstOffset: offset, stampMs: nowMs, duplicates };
}

/** What the same triple made before, while it is remembered. */
function duplicateOf(
  p: PartitionState,
  { producer, sequenceHi, sequenceLo }: Row,
  { nowMs }: Moment,
): MessagePlace | undefined {
  const first = producer && p.dedup.find(producer, sequenceHi, sequenceLo);
  if (!first) return undefined;
  p.dedup.touch(producer, nowMs);
  p.listener?.({ kind: "message.duplicate", index: first.index, offset: first.offset });
  return first;
}

function admit(p: PartitionState, row: Row, offset: Offset, moment: Moment): void {
  const { producer, sequenceHi, sequenceLo, maxRetries } = row;
  const m = p.messages;
  const slot = m.add(moment.index, offset);
  m.enqueuedMs[slot] = moment.nowMs;
  m.priorityHi[slot] = row.priorityHi;
  m.priorityLo[slot] = row.priorityLo;
  m.attempts[slot] = 0;
  m.fence[slot] = 0;
  m.leaseEnd[slot] = LeaseEnd.none;
  m.maxRetries[slot] = maxRetries === RETRIES_OF_TOPIC ? (p.settings?.maxRetries ?? 0) : maxRetries;
  m.payloads.set(slot, row.bytes, row.from, row.to);
  const notBeforeMs = row.delayMs > 0 ? moment.nowMs + row.delayMs : 0;
  p.admit(slot, notBeforeMs);
  p.counts.totalEnqueues += 1;
  if (producer) {
    const place = { index: moment.index, offset, stampMs: moment.nowMs };
    const known = p.dedup.remember(producer, sequenceHi, sequenceLo, place, moment.nowMs);
    m.producers.set(slot, known, sequenceHi, sequenceLo);
  }
  p.listener?.({
    kind: "message.enqueued",
    index: moment.index,
    offset,
    priorityHi: row.priorityHi,
    priorityLo: row.priorityLo,
    maxRetries: m.maxRetries[slot],
    notBeforeMs,
  });
}
