// Situations that a swarm of independent faults reaches only by luck: operations and faults that belong
// together. Each is drawn by a file of its own.

import type { PlanDraws } from "./expand.js";
import { halfDeleted } from "./half-deleted.js";
import type { FaultPlan, OperationPlan, Plan, TopicPlan } from "./plan.js";

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

const SITUATIONS: readonly ((
  draws: PlanDraws,
  scope: SituationScope,
) => Situation | undefined)[] = [halfDeleted];

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
    operations: inOrder([...plan.operations, ...operations]),
    faults: inOrder([...plan.faults, ...faults]),
  };
}

function inOrder<T extends { readonly atMs: number }>(list: readonly T[]): T[] {
  return [...list].sort((a, b) => a.atMs - b.atMs);
}
