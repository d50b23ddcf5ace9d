// Time: what is due at an entry's stamp happens before its intents, in the order of (time, id), up to a bound (D-19).
// A failed delivery is tried again after a backoff, or is a dead letter.

import { below, hash32, type MachineEvent } from "@disheap/core";
import { FENCE_MAX } from "./limits.js";
import { byAge, placeOf, type Message } from "./messages.js";
import type { Now, State } from "./state.js";

function isTimed({ state }: Message): boolean {
  return state === "delayed" || state === "leased";
}

/** When the next timer is due; Infinity when none is. */
export function nextTimerMs({ messages }: State): number {
  return Math.min(Infinity, ...messages.filter(isTimed).map((m) => m.timeMs));
}

export function fireTimers(state: State, now: Now): void {
  const due = state.messages.filter((m) => isTimed(m) && m.timeMs <= now.stampMs);
  due.sort((a, b) => a.timeMs - b.timeMs || byAge(a, b));
  for (const m of due.slice(0, state.limits.timersPerEntryMax)) {
    if (m.state === "leased") fail(state, m, "message.expired", undefined, now);
    else {
      m.state = "ready";
      now.events.push({ kind: "message.ready", ...placeOf(m) });
    }
  }
}

type Failure = Extract<MachineEvent["kind"], "message.nacked" | "message.expired">;

/** A delivery failed: by its deadline, or by the consumer's word, which may name the delay. */
export function fail(
  state: State,
  m: Message,
  kind: Failure,
  namedMs: number | undefined,
  now: Now,
): void {
  const { attempts, fence } = m;
  const isSpent = attempts > m.maxRetries && state.settings?.dlqEnabled === true;
  const isDead = isSpent || fence === FENCE_MAX;
  const delayMs = namedMs ?? backoffMs(state, m, now);
  m.state = isDead ? "dead" : delayMs > 0 ? "delayed" : "ready";
  m.timeMs = isDead ? now.stampMs : now.stampMs + delayMs;
  m.ended = kind === "message.expired" ? "expired" : "settled";
  m.lease = undefined;
  const notBeforeMs = isDead ? 0 : m.timeMs;
  now.events.push({ kind, ...placeOf(m), fence, attempts, outcome: m.state, notBeforeMs });
}

/** Somewhere below min(base * 2^(n-1), max), by the entry's seed and the message's place (D-17). */
function backoffMs(
  { limits }: State,
  { attempts, index, offset }: Message,
  { seedHi, seedLo }: Now,
): number {
  const { backoffBaseMs, backoffMaxMs } = limits;
  // Beyond 2^40 every base is above every maximum.
  const ceilingMs = Math.min(backoffBaseMs * 2 ** Math.min(attempts - 1, 40), backoffMaxMs);
  return below(hash32(seedHi, seedLo, index % 2 ** 32, offset), ceilingMs);
}
