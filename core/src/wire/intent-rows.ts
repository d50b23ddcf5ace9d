// The rows of intents one by one, each as the intent of its own that it stands for: for whoever judges or counts
// what is in a log. Apply reads columns in place and makes none of these.

import {
  type EnqueueManyIntent,
  LEASE_ROW_BYTES,
  placeAt,
  RETRIES_OF_TOPIC,
  type SettleManyIntent,
  tripleAt,
  wordAt,
} from "./batch-intents.js";
import type { Intent } from "./intents.js";

/** An intent of one row. */
export type RowIntent = Exclude<Intent, { kind: "enqueue.many" | "settle.many" }>;

/** How many places of an entry an intent takes. */
export function rowsIn(intent: Intent): number {
  return intent.kind === "enqueue.many" || intent.kind === "settle.many" ? intent.rows : 1;
}

/** In the order of their offsets. */
export function rowsOf(intents: readonly Intent[]): readonly RowIntent[] {
  const rows: RowIntent[] = [];
  for (const intent of intents) {
    if (intent.kind === "enqueue.many") pushEnqueues(intent, rows);
    else if (intent.kind === "settle.many") pushSettles(intent, rows);
    else rows.push(intent);
  }
  return rows;
}

function pushEnqueues(many: EnqueueManyIntent, rows: RowIntent[]): void {
  const { priority, length, maxRetries, delayMs, payload, producer } = many;
  let from = 0;
  for (let row = 0; row < many.rows; row += 1) {
    const to = from + wordAt(length, row * 4);
    const retries = maxRetries.length > 0 ? wordAt(maxRetries, row * 4) : RETRIES_OF_TOPIC;
    rows.push({
      kind: "enqueue",
      priorityHi: wordAt(priority, row * 8 + 4) | 0,
      priorityLo: wordAt(priority, row * 8),
      payload: payload.subarray(from, to),
      producer: producer && tripleAt(producer, row),
      maxRetries: retries === RETRIES_OF_TOPIC ? undefined : retries,
      delayMs: delayMs.length > 0 ? placeAt(delayMs, row * 8) : 0,
    });
    from = to;
  }
}

function pushSettles(many: SettleManyIntent, rows: RowIntent[]): void {
  const { op, leases, backoffMs, extensionMs } = many;
  for (let row = 0; row < many.rows; row += 1) {
    const at = row * LEASE_ROW_BYTES;
    const offset = leases[at + 6] | (leases[at + 7] << 8);
    const fence = wordAt(leases, at + 8);
    const token = { index: placeAt(leases, at), offset, fence, mac: undefined };
    if (op === "nack") rows.push({ kind: op, token, backoffMs });
    else if (op === "extend") rows.push({ kind: op, token, extensionMs });
    else rows.push({ kind: op, token });
  }
}
