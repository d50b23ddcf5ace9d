// How leases end: acknowledgement, rejection, extension, expiry; what is given back is in release.ts. Fencing
// looks at the fence only, the retry limit at the attempts only (D-13). A lease is dead once group time
// reached its deadline, fired or not (D-19).

import type { Slot } from "../lib/brands.js";
import { hash32 } from "../lib/hash.js";
import type { TokenFields } from "../wire/intents.js";
import { backoffMs } from "./backoff.js";
import type { IntentResult } from "../machine/results.js";
import { isWorn, State } from "./message-store.js";
import { LeaseEnd } from "./lease-end.js";
import type { Moment, PartitionState } from "./partition-state.js";
import { Ended } from "./tombstones.js";

export const SETTLED: IntentResult = { type: "settled" };

export const STALE: IntentResult = {
  type: "refused",
  code: "FAILED_PRECONDITION",
  message:
    "the lease is not held: it expired, was settled, or the token belongs to another delivery; " +
    "drop this delivery, the message comes again if it is still due",
};

/** The slot whose live lease the token proves, or -1. */
function liveLease(p: PartitionState, token: TokenFields, moment: Moment): number {
  const m = p.messages;
  const slot = m.find(token.index, token.offset);
  if (slot < 0 || m.state[slot] !== State.leased) return -1;
  if (m.fence[slot] !== token.fence || m.timeMs[slot] <= moment.nowMs) return -1;
  return slot;
}

/** Constant length, so every byte is compared. What comes without a MAC was checked at the door (D-79). */
export function isAuthentic(p: PartitionState, token: TokenFields): boolean {
  const given = token.mac;
  if (given === undefined) return true;
  const mac = p.mac(token.index, token.offset, token.fence);
  let difference = 0;
  for (let i = 0; i < 16; i += 1) difference |= mac[i] ^ given[i];
  return difference === 0;
}

export function applyAck(p: PartitionState, token: TokenFields, moment: Moment): IntentResult {
  if (!isAuthentic(p, token)) return STALE;
  const slot = liveLease(p, token, moment);
  if (slot < 0) return repeatOf(p, token, Ended.acked);
  p.removeAcked(slot);
  p.tombstones.add(token.index, token.offset, token.fence, Ended.acked, moment.nowMs);
  p.counts.totalAcks += 1;
  p.listener?.({
    kind: "message.acked",
    index: token.index,
    offset: token.offset,
    fence: token.fence,
  });
  return SETTLED;
}

export function applyNack(
  p: PartitionState,
  token: TokenFields,
  backoffOverrideMs: number | undefined,
  moment: Moment,
): IntentResult {
  if (!isAuthentic(p, token)) return STALE;
  const slot = liveLease(p, token, moment);
  if (slot < 0) return repeatOf(p, token, Ended.nacked);
  p.tombstones.add(token.index, token.offset, token.fence, Ended.nacked, moment.nowMs);
  p.counts.totalNacks += 1;
  fail(p, slot, "message.nacked", backoffOverrideMs, moment);
  return SETTLED;
}

/** A repeat of the same settlement with the same token is OK while it is remembered (D-35). */
function repeatOf(p: PartitionState, token: TokenFields, ended: number): IntentResult {
  return p.tombstones.find(token.index, token.offset, token.fence) === ended ? SETTLED : STALE;
}

export function applyExtend(
  p: PartitionState,
  token: TokenFields,
  extensionMs: number,
  moment: Moment,
): IntentResult {
  if (!isAuthentic(p, token)) return STALE;
  const slot = liveLease(p, token, moment);
  if (slot < 0) return STALE;
  const m = p.messages;
  const lifeEndMs = m.grantedMs[slot] + moment.level.leaseLifeMaxMs;
  const deadlineMs = Math.max(m.timeMs[slot], Math.min(m.timeMs[slot] + extensionMs, lifeEndMs));
  p.moveDeadline(slot, deadlineMs);
  p.listener?.({
    kind: "message.extended",
    index: token.index,
    offset: token.offset,
    fence: token.fence,
    deadlineMs,
  });
  return { type: "extended", deadlineMs };
}

/** Fires what is due, in (time, id) order, before the entry's intents. */
export function fireTimers(p: PartitionState, moment: Moment): void {
  for (let fired = 0; fired < moment.level.timersPerEntryMax; fired += 1) {
    const slot = p.timers.first();
    if (slot < 0 || p.messages.timeMs[slot] > moment.nowMs) return;
    if (p.messages.state[slot] === State.delayed) {
      p.delayedToReady(slot);
      p.listener?.({
        kind: "message.ready",
        index: p.messages.index[slot],
        offset: p.messages.offset[slot],
      });
    } else {
      p.counts.totalTimeouts += 1;
      fail(p, slot, "message.expired", undefined, moment);
    }
  }
}

/** A failed delivery: retried with backoff, or dead beyond its limit (wire contract, section 11). */
function fail(
  p: PartitionState,
  slot: Slot,
  kind: "message.nacked" | "message.expired",
  overrideMs: number | undefined,
  moment: Moment,
): void {
  const m = p.messages;
  const attempts = m.attempts[slot];
  const fence = m.fence[slot];
  const isSpent =
    (attempts > m.maxRetries[slot] && p.settings?.dlqEnabled === true) || isWorn(fence);
  const jitter = hash32(moment.seedHi, moment.seedLo, m.index[slot] % 4294967296, m.offset[slot]);
  const delayMs = overrideMs ?? backoffMs(attempts, jitter, moment.level);
  const notBeforeMs = moment.nowMs + delayMs;
  const outcome = isSpent ? "dead" : delayMs > 0 ? "delayed" : "ready";
  const leaseEnd = kind === "message.expired" ? LeaseEnd.expired : LeaseEnd.settled;
  p.fromLeased(slot, outcome, outcome === "dead" ? moment.nowMs : notBeforeMs, attempts, leaseEnd);
  if (!isSpent) p.counts.totalRetries += 1;
  p.listener?.({
    kind,
    index: m.index[slot],
    offset: m.offset[slot],
    fence,
    attempts,
    outcome,
    notBeforeMs: outcome === "dead" ? 0 : notBeforeMs,
  });
}
