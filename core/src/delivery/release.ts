// Deliveries that are given back and cost no attempt (D-21, D-91): by the edge, which never handed them over,
// or by a client that ends in order. While the lease is open it ends, and the message is ready at once. A
// give-back that comes after the expiry counts as well, once per lease, since the clock must not decide whether
// a message that nobody saw goes to the dead letters. What was settled stays settled.

import type { LeaseName } from "../lib/lease-name.js";
import type { IntentResult } from "../machine/results.js";
import type { ReleaseIntent, TokenFields } from "../wire/intents.js";
import type { MachineEvent } from "./events.js";
import { LeaseEnd } from "./lease-end.js";
import { isWorn, State } from "./message-store.js";
import type { Moment, PartitionState } from "./partition-state.js";
import { isAuthentic, SETTLED, STALE } from "./settle.js";
import { Ended } from "./tombstones.js";

type By = Extract<MachineEvent, { kind: "message.released" }>["by"];

export function applyRelease(p: PartitionState, intent: ReleaseIntent): IntentResult {
  release(p, intent, "edge");
  return SETTLED;
}

/** The same by the token of a delivery, for a client. A repeat is OK while it is remembered. */
export function applyGiveBack(p: PartitionState, token: TokenFields, moment: Moment): IntentResult {
  if (!isAuthentic(p, token)) return STALE;
  const { index, offset, fence } = token;
  if (release(p, token, "client")) {
    const isKept = p.tombstones.find(index, offset, fence) >= 0;
    if (!isKept) p.tombstones.add(index, offset, fence, Ended.released, moment.nowMs);
    return SETTLED;
  }
  return p.tombstones.find(index, offset, fence) === Ended.released ? SETTLED : STALE;
}

/** The lease ended by its expiry, which counts still. The message tells of its newest one, tombstones of others. */
export function hasExpired(p: PartitionState, { index, offset, fence }: LeaseName): boolean {
  const slot = p.messages.find(index, offset);
  if (slot < 0) return false;
  if (p.messages.fence[slot] === fence) return p.messages.leaseEnd[slot] === LeaseEnd.expired;
  return p.tombstones.find(index, offset, fence) === Ended.expired;
}

/** Whether it counted. */
function release(p: PartitionState, { index, offset, fence }: LeaseName, by: By): boolean {
  const m = p.messages;
  const slot = m.find(index, offset);
  if (slot < 0) return false;
  const isNewest = m.fence[slot] === fence;
  if (isNewest && m.state[slot] === State.leased) {
    const outcome = isWorn(fence) ? "dead" : "ready";
    p.fromLeased(slot, outcome, 0, Math.max(0, m.attempts[slot] - 1), LeaseEnd.released);
    p.listener?.({ kind: "message.released", index, offset, fence, by });
    return true;
  }
  if (!hasExpired(p, { index, offset, fence })) return false;
  if (!isNewest) p.tombstones.replace(index, offset, fence, Ended.released);
  p.takeBack(slot, isNewest && !isWorn(fence));
  const attempts = m.attempts[slot];
  p.listener?.({ kind: "message.taken-back", index, offset, fence, by, attempts });
  return true;
}
