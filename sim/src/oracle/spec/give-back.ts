// Deliveries that nobody began to work on are given back, by the edge that never handed them over or by a client with
// its token. No attempt is counted (D-91). An open lease ends, and its message is ready at once; after its expiry a
// lease counts as well, once, since the clock must not decide whether a message that nobody saw is a dead letter.
// What was settled stays settled.

import type { LeaseName } from "@disheap/core";
import { endedAs, rememberEnded } from "./ended.js";
import { FENCE_MAX } from "./limits.js";
import { find, placeOf, type Message } from "./messages.js";
import { SETTLED, STALE, type SpecResult } from "./results.js";
import type { Now, State, Token } from "./state.js";

type By = "edge" | "client";

/** Whether it counted. */
export function giveBack(state: State, lease: LeaseName, by: By, now: Now): boolean {
  const m = find(state.messages, lease);
  if (!m) return false;
  if (m.fence !== lease.fence) return takeBackEarlier(state, m, lease, by, now);
  if (m.state === "leased") {
    const { fence } = m;
    // One that cannot be leased again is a dead letter.
    m.state = fence === FENCE_MAX ? "dead" : "ready";
    m.timeMs = 0;
    m.lease = undefined;
    m.ended = "released";
    uncount(m);
    now.events.push({ kind: "message.released", ...placeOf(m), fence, by });
    return true;
  }
  if (m.ended !== "expired") return false;
  if (m.fence !== FENCE_MAX) {
    if (m.state !== "ready") m.timeMs = 0;
    m.state = "ready";
    m.ended = "released";
  }
  takenBack(m, lease, by, now);
  return true;
}

/** Of a lease before the newest one only the attempt comes back. */
function takeBackEarlier(state: State, m: Message, lease: LeaseName, by: By, now: Now): boolean {
  const ended = endedAs(state, lease);
  if (ended?.how !== "expired") return false;
  ended.how = "released";
  takenBack(m, lease, by, now);
  return true;
}

function takenBack(m: Message, { fence }: LeaseName, by: By, { events }: Now): void {
  uncount(m);
  const { attempts } = m;
  events.push({ kind: "message.taken-back", ...placeOf(m), fence, by, attempts });
}

function uncount(m: Message): void {
  m.attempts = Math.max(0, m.attempts - 1);
}

/** A client's repeat is OK while it is remembered. */
export function giveBackByToken(state: State, token: Token, now: Now): SpecResult {
  if (!state.isAuthentic(token)) return STALE;
  if (giveBack(state, token, "client", now)) {
    if (!endedAs(state, token)) rememberEnded(state, token, "released", now);
    return SETTLED;
  }
  return endedAs(state, token)?.how === "released" ? SETTLED : STALE;
}
