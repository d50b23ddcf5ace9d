// Enqueue at apply: the id is the entry's place, the enqueued time its stamp (D-10); a triple that was
// seen in the window makes nothing new (G6).

import type { Offset } from "../lib/brands.js";
import type { ProducerTriple } from "../contract/api.js";
import {
  type EnqueueManyIntent,
  placeAt,
  RETRIES_OF_TOPIC,
  tripleAt,
  wordAt,
} from "../wire/batch-intents.js";
import type { EnqueueIntent } from "../wire/intents.js";
import type { DuplicateRow, IntentResult } from "../machine/results.js";
import { LeaseEnd } from "./lease-end.js";
import type { MessagePlace } from "./message-place.js";
import type { Moment, PartitionState } from "./partition-state.js";

type Row = Omit<EnqueueIntent, "kind">;

export function applyEnqueue(
  p: PartitionState,
  intent: EnqueueIntent,
  offset: Offset,
  moment: Moment,
): IntentResult {
  const first = duplicateOf(p, intent.producer, moment);
  if (first) return { type: "enqueued", ...first, isDuplicate: true };
  admit(p, intent, offset, moment);
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
  const { rows, priority, length, maxRetries, delayMs, payload } = intent;
  const duplicates: DuplicateRow[] = [];
  let from = 0;
  for (let row = 0; row < rows; row += 1) {
    const to = from + wordAt(length, row * 4);
    const producer = intent.producer && tripleAt(intent.producer, row);
    const first = duplicateOf(p, producer, moment);
    if (first) duplicates.push({ row, ...first });
    else {
      const retries = maxRetries.length > 0 ? wordAt(maxRetries, row * 4) : RETRIES_OF_TOPIC;
      const message: Row = {
        priorityHi: wordAt(priority, row * 8 + 4) | 0,
        priorityLo: wordAt(priority, row * 8),
        payload: payload.subarray(from, to),
        producer,
        maxRetries: retries === RETRIES_OF_TOPIC ? undefined : retries,
        delayMs: delayMs.length > 0 ? placeAt(delayMs, row * 8) : 0,
      };
      admit(p, message, offset + row, moment);
    }
    from = to;
  }
  const { index, nowMs } = moment;
  return { type: "enqueued.many", index, firstOffset: offset, stampMs: nowMs, duplicates };
}

/** What the same triple made before, while it is remembered. */
function duplicateOf(
  p: PartitionState,
  producer: ProducerTriple | undefined,
  { nowMs }: Moment,
): MessagePlace | undefined {
  const first = producer && p.dedup.find(producer);
  if (!first) return undefined;
  p.dedup.touch(producer, nowMs);
  p.listener?.({ kind: "message.duplicate", index: first.index, offset: first.offset });
  return first;
}

function admit(p: PartitionState, intent: Row, offset: Offset, moment: Moment): void {
  const { producer } = intent;
  const m = p.messages;
  const slot = m.add(moment.index, offset);
  m.enqueuedMs[slot] = moment.nowMs;
  m.priorityHi[slot] = intent.priorityHi;
  m.priorityLo[slot] = intent.priorityLo;
  m.attempts[slot] = 0;
  m.fence[slot] = 0;
  m.leaseEnd[slot] = LeaseEnd.none;
  m.maxRetries[slot] = intent.maxRetries ?? p.settings?.maxRetries ?? 0;
  m.payloads.set(slot, intent.payload);
  const notBeforeMs = intent.delayMs > 0 ? moment.nowMs + intent.delayMs : 0;
  p.admit(slot, notBeforeMs);
  p.counts.totalEnqueues += 1;
  const place = { index: moment.index, offset, stampMs: moment.nowMs };
  if (producer) {
    const identity = p.dedup.remember(producer, place, moment.nowMs);
    m.producers.set(slot, identity, producer.sequenceHi, producer.sequenceLo);
  }
  p.listener?.({
    kind: "message.enqueued",
    index: moment.index,
    offset,
    priorityHi: intent.priorityHi,
    priorityLo: intent.priorityLo,
    maxRetries: m.maxRetries[slot],
    notBeforeMs,
  });
}
