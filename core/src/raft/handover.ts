// A leader whose disk makes no progress hands over to a voter whose disk is healthy (D-90): it cannot apply, so it
// can answer nobody. It stops proposing, lets its best follower catch up, and tells it to campaign at once.
// A large batch may take its time: what its bytes explain is no reason to go. Without a majority of healthy disks
// nobody could do better: it stays. What did not happen within one election timeout ends in stepping down, so that the
// voters elect for themselves.

import type { RaftGroup } from "./group.js";
import type { Progress } from "./progress.js";

/** One tick of a leader, after check-quorum. */
export function tickHandover(g: RaftGroup): void {
  const target = g.host.isDiskStuck() ? targetOf(g) : undefined;
  if (target === undefined) {
    g.handover = undefined;
    return;
  }
  g.handover ??= { ticks: 0, target };
  const { handover } = g;
  handover.ticks += 1;
  // In a busy process the completion of the write may lie right behind this tick.
  if (handover.ticks === 1) return;
  if (handover.ticks > g.settings.electionTicksMin) {
    g.becomeFollower(g.term, 0);
    return;
  }
  // Who lacks entries would be refused by voters that have them; half the time is for catching up.
  const isCaughtUp = handover.target.held === g.log.lastIndex;
  if (!isCaughtUp && handover.ticks * 2 < g.settings.electionTicksMin) return;
  // Sent each tick, as it may get lost: who has begun is in another term and does not listen any more.
  const { id: group, incarnation, term } = g;
  g.outputs.send(handover.target.peer, { kind: "timeout-now", group, incarnation, term });
}

/** The healthy voter that holds most of the log; undefined when those with healthy disks are no majority. */
function targetOf(g: RaftGroup): Progress | undefined {
  let healthy = 0;
  let best: Progress | undefined;
  for (const voter of g.voters) {
    const p = g.progress.get(voter);
    if (!p?.isDiskHealthy || p.silentTicks > g.settings.checkQuorumTicks) continue;
    healthy += 1;
    if (best === undefined || p.held > best.held) best = p;
  }
  return healthy >= g.quorum ? best : undefined;
}
