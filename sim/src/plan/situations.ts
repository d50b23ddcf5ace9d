// Situations that a swarm of independent faults reaches only by luck: operations and faults that belong
// together. Each is drawn by a file of its own.

import { backlog } from "./backlog.js";
import { crowd } from "./crowd.js";
import { crossingDeletions } from "./crossing-deletions.js";
import { halfDeleted } from "./half-deleted.js";
import { largeResend } from "./large-resend.js";
import { longOutage } from "./long-outage.js";
import type { PlanDraws } from "./plan-draws.js";
import type { Plan } from "./plan.js";
import { rottenLog } from "./rotten-log.js";
import type { Situation, SituationScope } from "./situation.js";
import { singleCredits } from "./single-credits.js";
import { stalledSource } from "./stalled-source.js";
import { standstill } from "./standstill.js";
import { stoppedReplica } from "./stopped-replica.js";

const SITUATIONS: readonly ((draws: PlanDraws, scope: SituationScope) => Situation | undefined)[] =
  [
    halfDeleted,
    stoppedReplica,
    rottenLog,
    backlog,
    crowd,
    crossingDeletions,
    stalledSource,
    largeResend,
    standstill,
    singleCredits,
    longOutage,
  ];

/** The plan with the situations that its seed draws. */
export function withSituations(draws: PlanDraws, plan: Plan): Plan {
  let whole = plan;
  for (const situation of SITUATIONS) {
    const found = situation(draws, whole);
    if (found) whole = joined(whole, found);
  }
  return whole;
}

function joined(plan: Plan, found: Situation): Plan {
  const { operations = [], faults = [], limits = {}, topics = [] } = found;
  return {
    ...plan,
    durationMs: Math.max(plan.durationMs, found.durationMs ?? 0),
    topics: [...plan.topics, ...topics],
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
