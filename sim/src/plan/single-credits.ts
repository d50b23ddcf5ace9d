// A client with a large window that gives its credits back one by one, and commits that take long meanwhile: each
// credit is a request of its own, and hundreds of them leave before the grant comes that answers the first (rev-B7).

import type { PlanDraws } from "./plan-draws.js";
import type { FaultPlan, OperationPlan } from "./plan.js";
import { isSlow, type Situation, type SituationScope } from "./situation.js";

/** Ids of these calls and of the consumer; those of others stay away from them. */
const FIRST_ID = 80_000;
/** A disk that stands still for less than a second is not taken for a stalled one. */
const STALL_MS_MAX = 900;

export function singleCredits(draws: PlanDraws, scope: SituationScope): Situation | undefined {
  if (!draws.chance("single", 120_000) || isSlow(scope)) return undefined;
  // Both need disks that work: calls that are answered (L9), an original that answers (D-88).
  const isTaken = scope.faults.some(
    (f) => f.kind === "disk.stall-leader" || f.kind === "proc.copy",
  );
  if (isTaken) return undefined;
  const atMs = draws.between("single.at", 8_000, scope.durationMs - 20_000);
  // One partition, and never deleted.
  const { topic } = scope.topics[0];
  const node = (): number => draws.between("single.node", 1, scope.nodes);
  const operations: OperationPlan[] = [];
  const count = draws.between("single.count", 400, 700);
  for (let n = 0; n < count; n += 1) {
    operations.push({
      type: "enqueue",
      atMs: atMs - draws.between("single.before", 100, 2_500),
      node: node(),
      topic,
      id: FIRST_ID + n,
      priority: String(draws.between("single.priority", 0, 9)),
      bytes: 1,
      delayMs: 0,
      maxRetries: undefined,
      key: undefined,
      producer: undefined,
      repeats: [],
    });
  }
  operations.push({
    type: "consume",
    atMs,
    untilMs: atMs + 15_000,
    node: node(),
    topic,
    id: FIRST_ID + count,
    credits: draws.between("single.credits", 150, 300),
    refill: true,
    visibilityMs: 30_000,
    partitions: [],
    end: "cancel",
    habits: { ...HABITS, thinkMaxMs: draws.pick("single.think", [600, 1_200, 2_000]) },
  });
  const stallMs = draws.between("single.stall", 300, STALL_MS_MAX);
  const stallAtMs = atMs + draws.between("single.stallAt", 100, 700);
  const faults = Array.from({ length: scope.nodes }, (_, i): FaultPlan => ({
    kind: "disk.stall",
    atMs: stallAtMs,
    untilMs: stallAtMs + stallMs,
    node: i + 1,
  }));
  return { operations, faults };
}

const HABITS = {
  ack: 1_000_000,
  nack: 0,
  repeatAck: 0,
  extend: 0,
  staleSettle: 0,
  late: 0,
  backoffMaxMs: 0,
  otherNode: 0,
} as const;
