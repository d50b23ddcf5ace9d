// The disk of a leader stands still for many seconds while calls go on (rev-B1). Everything else is calm
// from some seconds before to some after, so that rule L9 can say how soon calls must be answered.

import type { PlanDraws } from "./plan-draws.js";
import type { FaultPlan, OperationPlan, TopicPlan } from "./plan.js";

interface Scope {
  readonly nodes: number;
  readonly durationMs: number;
  readonly topics: readonly TopicPlan[];
}

interface StalledLeader {
  readonly fault: Extract<FaultPlan, { kind: "disk.stall-leader" }>;
  readonly operations: readonly OperationPlan[];
}

/** Nothing else may be wrong for this long before and after. */
const CALM_BEFORE_MS = 9_000;
const CALM_AFTER_MS = 6_000;
const CALL_EVERY_MS = 500;
/** Ids of these calls; those of others stay far below. */
const FIRST_ID = 20_000;

export function stalledLeader(draws: PlanDraws, scope: Scope): StalledLeader | undefined {
  if (!draws.chance("has.stallLeader", 150_000)) return undefined;
  const atMs = draws.between("at.stallLeader", 8_000, scope.durationMs - 28_000);
  const untilMs = atMs + draws.between("for.stallLeader", 12_000, 18_000);
  // The first topic has one partition and is never deleted.
  const { topic } = scope.topics[0];
  const operations: OperationPlan[] = [];
  for (let at = atMs; at < untilMs; at += CALL_EVERY_MS) {
    operations.push({
      type: "enqueue",
      atMs: at,
      node: draws.between("node.stallLeader", 1, scope.nodes),
      topic,
      id: FIRST_ID + operations.length,
      priority: "5",
      bytes: 64,
      delayMs: 0,
      maxRetries: undefined,
      key: undefined,
      producer: undefined,
      repeats: [],
    });
  }
  return { fault: { kind: "disk.stall-leader", atMs, untilMs, topic }, operations };
}

/** The faults that leave the stall alone, and the stall. */
export function calmAround(
  faults: readonly FaultPlan[],
  { fault }: StalledLeader,
): readonly FaultPlan[] {
  const fromMs = fault.atMs - CALM_BEFORE_MS;
  const toMs = fault.untilMs + CALM_AFTER_MS;
  const calm = faults.filter((f) => isClock(f) || f.atMs > toMs || endMs(f) < fromMs);
  return [...calm, fault].sort((a, b) => a.atMs - b.atMs);
}

/** Wall clocks move no election and no answer. */
function isClock({ kind }: FaultPlan): boolean {
  return kind === "clock.skew" || kind === "clock.jump" || kind === "peer.foreign";
}

function endMs(fault: FaultPlan): number {
  if ("untilMs" in fault) return fault.untilMs;
  // A crash may wait a second for its boundary.
  return "downMs" in fault ? fault.atMs + 1_000 + fault.downMs : fault.atMs;
}
