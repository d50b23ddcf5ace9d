// The log of a leader rots on its disk while a follower is away, and is read when the follower comes back and
// lacks it (rev-B9). The leader's node has to stop; the others go on without it.

import type { PlanDraws } from "./plan-draws.js";
import type { OperationPlan } from "./plan.js";
import { staysWhole, type Situation, type SituationScope } from "./situation.js";

/** Ids of these calls; those of others stay away from it. */
const FIRST_ID = 40_000;
/** What is in memory is not read: little of the log stays there. */
const TAIL_BYTES = 1_024;

export function rottenLog(draws: PlanDraws, scope: SituationScope): Situation | undefined {
  if (!draws.chance("rot", 250_000) || !staysWhole(scope)) return undefined;
  const atMs = draws.between("rot.at", 6_000, scope.durationMs - 20_000);
  const untilMs = atMs + draws.between("rot.for", 6_000, 9_000);
  const { topic } = draws.pick("rot.topic", scope.topics.slice(0, -1));
  const count = draws.between("rot.calls", 15, 30);
  const operations = Array.from({ length: count }, (_, n): OperationPlan => {
    return {
      type: "enqueue",
      atMs: draws.between("rot.call", atMs, untilMs - 500),
      node: draws.between("rot.node", 1, scope.nodes),
      topic,
      id: FIRST_ID + n,
      priority: "4",
      bytes: 300,
      delayMs: 0,
      maxRetries: undefined,
      key: undefined,
      producer: undefined,
      repeats: [],
    };
  });
  const missing = draws.chance("rot.missing", 400_000) ? { how: "missing" as const } : {};
  return {
    operations,
    faults: [{ kind: "disk.rot", atMs, untilMs, topic, ...missing }],
    limits: { logTailBytesMax: TAIL_BYTES },
  };
}
