// Enqueue at apply: the id is the entry's place, the enqueued time its stamp (D-10); a triple that was
// seen in the window makes nothing new (G6).

import type { EnqueueIntent } from "../wire/intents.js";
import type { IntentResult } from "../machine/results.js";
import { LeaseEnd } from "./lease-end.js";
import type { Moment, PartitionState } from "./partition-state.js";

export function applyEnqueue(
  p: PartitionState,
  intent: EnqueueIntent,
  offset: number,
  moment: Moment,
): IntentResult {
  const { producer } = intent;
  const first = producer ? p.dedup.find(producer) : undefined;
  if (producer && first) {
    p.dedup.touch(producer, moment.nowMs);
    p.listener?.({ kind: "message.duplicate", index: first.index, offset: first.offset });
    return { type: "enqueued", ...first, isDuplicate: true };
  }
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
  return { type: "enqueued", ...place, isDuplicate: false };
}
