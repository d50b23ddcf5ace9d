// Situations that a swarm of independent faults reaches only by luck: operations and faults that belong
// together. Each is drawn by a file of its own.

import type { PlanDraws } from "./expand.js";
import { halfDeleted } from "./half-deleted.js";
import type { FaultPlan, OperationPlan, Plan, TopicPlan } from "./plan.js";
import { rottenLog } from "./rotten-log.js";
import { stoppedReplica } from "./stopped-replica.js";

export interface SituationScope {
  readonly nodes: number;
  readonly durationMs: number;
  readonly topics: readonly TopicPlan[];
  /** What else the plan holds. */
  readonly operations: readonly OperationPlan[];
  readonly faults: readonly FaultPlan[];
}

export interface Situation {
  readonly operations?: readonly OperationPlan[];
  readonly faults?: readonly FaultPlan[];
  readonly limits?: Plan["limits"];
}

const SITUATIONS: readonly ((draws: PlanDraws, scope: SituationScope) => Situation | undefined)[] =
  [halfDeleted, stoppedReplica, rottenLog];

/**
 * Nothing in the plan counts on every replica: a stalled leader needs all others (rev-B1), a copy its original
 * (D-88). How many may be lost at a time the driver sees to.
 */
export function staysWhole({ faults }: SituationScope): boolean {
  return faults.every(({ kind }) => !NEEDS_ALL.has(kind));
}

const NEEDS_ALL: ReadonlySet<FaultPlan["kind"]> = new Set<FaultPlan["kind"]>([
  "disk.stall-leader",
  "proc.copy",
  "replica.stop",
  "disk.rot",
]);

/** The plan with the situations that its seed draws. */
export function withSituations(draws: PlanDraws, plan: Plan): Plan {
  let whole = plan;
  for (const situation of SITUATIONS) {
    const found = situation(draws, whole);
    if (found) whole = joined(whole, found);
  }
  return whole;
}

function joined(plan: Plan, { operations = [], faults = [], limits = {} }: Situation): Plan {
  return {
    ...plan,
    limits: { ...plan.limits, ...limits },
    ...(plan.nodeLimits && {
      nodeLimits: plan.nodeLimits.map((own) => ({ ...own, ...limits })),
    }),
    operations: inOrder([...plan.operations, ...operations]),
    faults: inOrder([...plan.faults, ...faults]),
  };
}

function inOrder<T extends { readonly atMs: number }>(list: readonly T[]): T[] {
  return [...list].sort((a, b) => a.atMs - b.atMs);
}
