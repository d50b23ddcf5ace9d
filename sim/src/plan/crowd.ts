// Thousands of consumers, each a stream of its own, on the one partition of a topic or on a few: what a node does
// for each of them in every turn shows here. Each asks for one message or two, so that a run stays affordable.

import type { PlanDraws } from "./plan-draws.js";
import type { OperationPlan } from "./plan.js";
import { QUICK_HABITS, type Situation, type SituationScope } from "./situation.js";

/** Ids of these consumers and calls; those of others stay away from them. */
const FIRST_ID = 60_000;

export function crowd(draws: PlanDraws, scope: SituationScope): Situation | undefined {
  if (!draws.chance("crowd", 10_000)) return undefined;
  const size = draws.between("crowd.size", 1_000, 3_000);
  const atMs = draws.between("crowd.at", 5_000, 25_000);
  const spreadMs = draws.pick("crowd.spread", [1, 500, 5_000]);
  // The first two are there until the end in every plan that has three.
  const topics = scope.topics.slice(0, Math.max(1, Math.min(2, scope.topics.length - 1)));
  const operations: OperationPlan[] = [];
  for (let n = 0; n < size; n += 1) {
    const at = atMs + draws.between("crowd.after", 0, spreadMs);
    operations.push({
      type: "consume",
      atMs: at,
      untilMs: Math.min(scope.durationMs, at + draws.between("crowd.for", 3_000, 20_000)),
      node: draws.between("crowd.node", 1, scope.nodes),
      topic: draws.pick("crowd.topic", topics).topic,
      id: FIRST_ID + n,
      credits: draws.between("crowd.credits", 1, 2),
      refill: false,
      visibilityMs: 5_000,
      partitions: [],
      end: draws.pick("crowd.end", ["cancel", "half-close", "abandon"] as const),
      habits: QUICK_HABITS,
    });
  }
  const calls = draws.between("crowd.calls", 100, 400);
  for (let n = 0; n < calls; n += 1) {
    operations.push({
      type: "enqueue",
      atMs: atMs + draws.between("crowd.call", 0, 10_000),
      node: draws.between("crowd.callNode", 1, scope.nodes),
      topic: draws.pick("crowd.callTopic", topics).topic,
      id: FIRST_ID + size + n,
      priority: String(draws.between("crowd.priority", 0, 9)),
      bytes: 16,
      delayMs: 0,
      maxRetries: undefined,
      key: undefined,
      producer: undefined,
      repeats: [],
    });
  }
  return { operations };
}
