// No majority can commit for some seconds while consumers of several partitions ask: all disks stand still, and a
// leader has as much under way as it may. What is asked for waits in its queue, the next round of the same stream
// beside the one that was given up, and both get into one entry (rev-B12).

import { INT64_MAX, INT64_MIN } from "./expand-operations.js";
import type { PlanDraws } from "./plan-draws.js";
import type { FaultPlan, OperationPlan } from "./plan.js";
import { isSlow, type Situation, type SituationScope } from "./situation.js";

/** Ids of these calls and consumers; those of others stay away from them. */
const FIRST_ID = 100_000;
/** A leader has room for two or three entries of these calls. */
const PROPOSED_BYTES = 1_000;
const CALL_BYTES = 300;
const CALL_EVERY_MS = 20;

export function standstill(draws: PlanDraws, scope: SituationScope): Situation | undefined {
  if (!draws.chance("standstill", 250_000) || isSlow(scope)) return undefined;
  // Both need disks that work: calls that are answered (L9), an original that answers (D-88).
  const isTaken = scope.faults.some(
    (f) => f.kind === "disk.stall-leader" || f.kind === "proc.copy",
  );
  if (isTaken) return undefined;
  const deleted = new Set(scope.operations.flatMap((o) => (o.type === "delete" ? [o.topic] : [])));
  const topics = scope.topics.filter((t) => t.partitions > 1 && !deleted.has(t.topic));
  if (topics.length === 0) return undefined;
  const { topic, mode } = draws.pick("standstill.topic", topics);
  const atMs = draws.between("standstill.at", 8_000, scope.durationMs - 25_000);
  const untilMs = atMs + draws.between("standstill.for", 3_000, 4_500);
  // One disk works again before the others do: a leader that is there is never taken for a stalled one.
  const early = draws.between("standstill.early", 1, scope.nodes);
  const faults = Array.from({ length: scope.nodes }, (_, i): FaultPlan => {
    const isEarly = i + 1 === early;
    return { kind: "disk.stall", atMs, untilMs: isEarly ? untilMs - 500 : untilMs, node: i + 1 };
  });
  const node = (): number => draws.between("standstill.node", 1, scope.nodes);
  const operations: OperationPlan[] = [];
  // Enough is ready when the disks stop; what comes then fills the leaders' room.
  for (let at = atMs - 1_000; at < untilMs; at += CALL_EVERY_MS) {
    operations.push({
      type: "enqueue",
      atMs: at,
      node: node(),
      topic,
      id: FIRST_ID + operations.length,
      // All the best there is: each round asks for no worse, and finds some of them left by the others.
      priority: mode === "MIN" ? INT64_MIN : INT64_MAX,
      bytes: CALL_BYTES,
      delayMs: 0,
      maxRetries: undefined,
      key: undefined,
      producer: undefined,
      repeats: [],
    });
  }
  const consumers = draws.between("standstill.consumers", 2, 5);
  for (let n = 0; n < consumers; n += 1) {
    operations.push({
      type: "consume",
      atMs: atMs + draws.between("standstill.consume", 50, 500),
      untilMs: untilMs + 20_000,
      node: node(),
      topic,
      id: FIRST_ID + operations.length,
      credits: draws.between("standstill.credits", 4, 12),
      refill: true,
      visibilityMs: 30_000,
      partitions: [],
      end: "cancel",
      habits: HABITS,
    });
  }
  return { operations, faults, limits: { proposedBytesMax: PROPOSED_BYTES } };
}

const HABITS = {
  ack: 1_000_000,
  nack: 0,
  repeatAck: 0,
  extend: 0,
  staleSettle: 0,
  thinkMaxMs: 200,
  late: 0,
  backoffMaxMs: 0,
  otherNode: 0,
} as const;
