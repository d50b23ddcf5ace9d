// How leases ended that their messages do not tell any more: so that a repeat with the same token is OK (D-35), and an
// expired lease that nobody was handed can be given back after the message was granted again (D-91). The last ones, and
// each for a while.

import type { LeaseName } from "@disheap/core";
import type { End, Ended, Now, State } from "./state.js";

export function endedAs(state: State, { index, offset, fence }: LeaseName): Ended | undefined {
  return state.ended.find((e) => e.index === index && e.offset === offset && e.fence === fence);
}

export function rememberEnded(
  state: State,
  { index, offset, fence }: LeaseName,
  how: End,
  { stampMs }: Now,
): void {
  if (state.ended.length === state.limits.tombstonesMax) state.ended.shift();
  state.ended.push({ index, offset, fence, how, stampMs });
}

export function forgetEnded(state: State, { stampMs }: Now): void {
  const isOld = (e: Ended | undefined): boolean =>
    e !== undefined && e.stampMs <= stampMs - state.limits.tombstoneMs;
  while (isOld(state.ended.at(0))) state.ended.shift();
}
