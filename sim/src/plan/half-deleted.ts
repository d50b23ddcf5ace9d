// A deletion whose node dies with it half done (rev-B10): the topic is closed, nobody's client waits for it
// any more, and the node that was asked is gone. Whoever leads the meta group has to end it.

import type { PlanDraws } from "./plan-draws.js";
import type { Situation, SituationScope } from "./situation.js";

/** Somebody else's deletion of the topic would end what this one leaves behind. */
export function halfDeleted(draws: PlanDraws, scope: SituationScope): Situation | undefined {
  if (!draws.chance("halfDeleted", 200_000)) return undefined;
  if (scope.operations.some(({ type }) => type === "delete")) return undefined;
  const atMs = draws.between("halfDeleted.at", 12_000, scope.durationMs - 6_000);
  const node = draws.between("halfDeleted.node", 1, scope.nodes);
  // The last topic is the one that others delete too; no other draw counts on it.
  const { topic } = scope.topics[scope.topics.length - 1];
  return {
    operations: [{ type: "delete", atMs, node, topic, walksAway: true }],
    faults: [
      {
        kind: "proc.crash",
        atMs,
        downMs: draws.between("halfDeleted.down", 500, 5_000),
        nodes: [node],
        boundary: "deletion.begun",
        damage: "none",
      },
    ],
  };
}
