// L4: whatever a leader has taken into its log gets committed. Replicas that agree on less than that have agreed to
// stand still: their clients wait for answers that never come.

import type { World } from "../world/world.js";
import { leaderOf, replicas } from "./cluster-view.js";

/** Says which group has not committed what its leader holds by now, each time it is asked, or nothing. */
export function uncommitted(world: World): () => string | undefined {
  const marks = new Map<number, number>();
  for (const [group, views] of replicas(world)) {
    marks.set(group, leaderOf(views)?.replica.raft.log.lastIndex ?? 0);
  }
  return () => {
    for (const [group, views] of replicas(world)) {
      const leader = leaderOf(views);
      if (!leader) continue;
      const { commitIndex, log } = leader.replica.raft;
      // A later leader may hold less.
      const mark = Math.min(marks.get(group) ?? 0, log.lastIndex);
      if (commitIndex >= mark) continue;
      return `group ${group}: n${leader.node} leads, holds entries to ${mark}, and commits none after ${commitIndex}`;
    }
    return undefined;
  };
}
