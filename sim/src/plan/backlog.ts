// Many messages that wait in one partition, and looks at the first few of them (rev-B6): nobody may sort them all
// to show two. Consumers come later and take what is there.

import type { PlanDraws } from "./plan-draws.js";
import type { OperationPlan } from "./plan.js";
import type { Situation, SituationScope } from "./situation.js";

/** Ids of these calls; those of others stay away from it. */
const FIRST_ID = 50_000;

export function backlog(draws: PlanDraws, scope: SituationScope): Situation | undefined {
  if (!draws.chance("backlog", 60_000)) return undefined;
  const atMs = draws.between("backlog.at", 3_000, 20_000);
  // One partition, and never deleted.
  const { topic } = scope.topics[0];
  const count = draws.between("backlog.count", 60, 200);
  const node = (): number => draws.between("backlog.node", 1, scope.nodes);
  const operations: OperationPlan[] = [];
  for (let n = 0; n < count; n += 1) {
    operations.push({
      type: "enqueue",
      atMs: atMs + draws.between("backlog.after", 0, 2_000),
      node: node(),
      topic,
      id: FIRST_ID + n,
      priority: String(draws.between("backlog.priority", 0, 1_000)),
      bytes: 1,
      delayMs: draws.chance("backlog.delayed", 500_000) ? 15_000 : 0,
      maxRetries: undefined,
      key: undefined,
      producer: undefined,
      repeats: [],
    });
  }
  for (let n = 0; n < 8; n += 1) {
    const at = atMs + 1_000 + 1_500 * n;
    const limit = draws.pick("backlog.limit", [1, 2, 3]);
    const id = FIRST_ID + count + n;
    operations.push({ type: "read", atMs: at, node: node(), what: "peek", topic, id, limit });
  }
  if (!draws.chance("backlog.burst", 500_000)) return { operations };
  // Many at once, each of more than a turn has a budget for.
  const burstMs = atMs + draws.between("backlog.burstAt", 2_500, 12_000);
  for (let n = 0; n < 20; n += 1) {
    const id = FIRST_ID + count + 8 + n;
    operations.push({ type: "read", atMs: burstMs, node: 1, what: "peek", topic, id, limit: 50 });
  }
  return { operations, limits: { turnRowsMax: 40 } };
}
