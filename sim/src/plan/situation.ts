// What a situation adds to a plan: operations and faults that belong together, and limits that they need.

import type { FaultPlan, OperationPlan, Plan, TopicPlan } from "./plan.js";

export interface SituationScope {
  readonly nodes: number;
  readonly durationMs: number;
  readonly topics: readonly TopicPlan[];
  readonly network: Plan["network"];
  /** What else the plan holds. */
  readonly operations: readonly OperationPlan[];
  readonly faults: readonly FaultPlan[];
}

export interface Situation {
  readonly operations?: readonly OperationPlan[];
  readonly faults?: readonly FaultPlan[];
  readonly limits?: Plan["limits"];
  /** Topics of its own, beside those of the plan. */
  readonly topics?: readonly TopicPlan[];
  /** At least so long the phase with faults and load has to be. */
  readonly durationMs?: number;
}

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

/** After the faults of a plan: until links and leaders are what they are in calm times. */
export const SETTLE_MS = 8_000;

/** A commit or a burst may take seconds there: nobody can say what is late. */
export function isSluggish({ network, operations }: SituationScope): boolean {
  return network.latencyMinUs > 100_000 || network.bulk !== undefined || operations.length > 1_000;
}

/** A question takes half a second: what is tight beside that never drains. */
export function isSlow({ network }: SituationScope): boolean {
  return network.latencyMinUs >= 100_000;
}

/** Of consumers who acknowledge nearly all they get, soon and once. */
export const QUICK_HABITS = {
  ack: 950_000,
  nack: 20_000,
  repeatAck: 0,
  extend: 0,
  staleSettle: 0,
  thinkMaxMs: 200,
  late: 0,
  backoffMaxMs: 0,
  otherNode: 0,
} as const;
