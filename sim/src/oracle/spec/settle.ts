// Settlements: acknowledge, reject, extend. Only the token of the live lease settles it (G2); once group time has
// reached the deadline it is too late, whether the timer has fired or not (D-19).

import { endedAs, rememberEnded } from "./ended.js";
import { find, placeOf, type Message } from "./messages.js";
import { SETTLED, STALE, type SpecResult } from "./results.js";
import type { End, Now, State, Token } from "./state.js";
import { fail } from "./time.js";

/** The message whose live lease the token proves. */
function held(state: State, token: Token, { stampMs }: Now): Message | undefined {
  const m = find(state.messages, token);
  const isLive = m?.state === "leased" && m.fence === token.fence && m.timeMs > stampMs;
  return isLive && state.isAuthentic(token) ? m : undefined;
}

/** The same settlement with the same token is OK while it is remembered, and changes nothing (D-35). */
function repeated(state: State, token: Token, how: End): SpecResult {
  const isRepeat = endedAs(state, token)?.how === how;
  return isRepeat && state.isAuthentic(token) ? SETTLED : STALE;
}

/** The message is done with (G3). */
export function acknowledge(state: State, token: Token, now: Now): SpecResult {
  const m = held(state, token, now);
  if (!m) return repeated(state, token, "acked");
  rememberEnded(state, m, "acked", now);
  state.messages = state.messages.filter((x) => x !== m);
  now.events.push({ kind: "message.acked", ...placeOf(m), fence: m.fence });
  return SETTLED;
}

export function reject(
  state: State,
  token: Token,
  backoffMs: number | undefined,
  now: Now,
): SpecResult {
  const m = held(state, token, now);
  if (!m) return repeated(state, token, "nacked");
  rememberEnded(state, m, "nacked", now);
  fail(state, m, "message.nacked", backoffMs, now);
  return SETTLED;
}

/** Never shorter, and never beyond the life that a lease may have in all. */
export function extend(state: State, token: Token, extensionMs: number, now: Now): SpecResult {
  const m = held(state, token, now);
  if (!m?.lease) return STALE;
  const lastMs = m.lease.grantedMs + state.limits.leaseLifeMaxMs;
  m.timeMs = Math.max(m.timeMs, Math.min(m.timeMs + extensionMs, lastMs));
  const { fence, timeMs: deadlineMs } = m;
  now.events.push({ kind: "message.extended", ...placeOf(m), fence, deadlineMs });
  return { type: "extended", deadlineMs };
}
