// A batch of settlements at apply: each row is what the intent of one lease would be (D-78).

import type { IntentResult, RowRefusal } from "../machine/results.js";
import { LEASE_ROW_BYTES, placeAt, type SettleManyIntent, wordAt } from "../wire/batch-intents.js";
import type { TokenFields } from "../wire/intents.js";
import type { Moment, PartitionState } from "./partition-state.js";
import { applyGiveBack } from "./release.js";
import { applyAck, applyExtend, applyNack } from "./settle.js";

export function applySettleMany(
  p: PartitionState,
  intent: SettleManyIntent,
  moment: Moment,
): IntentResult {
  const refusals: RowRefusal[] = [];
  for (let row = 0; row < intent.rows; row += 1) {
    const result = applyRow(p, intent, tokenAt(intent.leases, row), moment);
    if (result.type === "refused") refuse(refusals, row, result);
  }
  return { type: "settled.many", refusals };
}

function refuse(
  refusals: RowRefusal[],
  row: number,
  { code, message }: Extract<IntentResult, { type: "refused" }>,
): void {
  const last = refusals.at(-1);
  const isNext = last?.message === message && last.firstRow + last.count === row;
  if (isNext) last.count += 1;
  else refusals.push({ firstRow: row, count: 1, code, message });
}

function tokenAt(leases: Uint8Array, row: number): TokenFields {
  const at = row * LEASE_ROW_BYTES;
  const offset = leases[at + 6] | (leases[at + 7] << 8);
  return { index: placeAt(leases, at), offset, fence: wordAt(leases, at + 8), mac: undefined };
}

function applyRow(
  p: PartitionState,
  { op, backoffMs, extensionMs }: SettleManyIntent,
  token: TokenFields,
  moment: Moment,
): IntentResult {
  switch (op) {
    case "ack":
      return applyAck(p, token, moment);
    case "nack":
      return applyNack(p, token, backoffMs, moment);
    case "extend":
      return applyExtend(p, token, extensionMs, moment);
    case "release":
      return applyGiveBack(p, token, moment);
  }
}
