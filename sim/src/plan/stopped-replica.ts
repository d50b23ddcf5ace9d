// One replica of a group stops at an entry and stays stopped (D-40, D-89, rev-B8): the one that leads, so that
// all that hung on it has to find the next leader; now and then another one. A little of everything goes on.

import type { PlanDraws } from "./plan-draws.js";
import { staysWhole, type Situation, type SituationScope } from "./situation.js";

export function stoppedReplica(draws: PlanDraws, scope: SituationScope): Situation | undefined {
  if (!draws.chance("stopped", 180_000) || !staysWhole(scope)) return undefined;
  return {
    faults: [
      {
        kind: "replica.stop",
        atMs: draws.between("stopped.at", 8_000, scope.durationMs - 15_000),
        // The last topic may be deleted.
        topic: draws.pick("stopped.topic", scope.topics.slice(0, -1)).topic,
        isLeader: draws.chance("stopped.leader", 750_000),
        how: draws.chance("stopped.broken", 600_000) ? "broken" : "unreadable",
      },
    ],
  };
}
