// A node with consumers is cut off for longer than anybody remembers by time, right while it is granted messages;
// now and then thousands of them. None of those deliveries was ever seen, so none may count (D-91).

import type { PlanDraws } from "./plan-draws.js";
import type { FaultPlan, OperationPlan } from "./plan.js";
import { QUICK_HABITS, staysWhole, type Situation, type SituationScope } from "./situation.js";

/** Ids of these calls and consumers; those of others stay away from them. */
const FIRST_ID = 90_000;

export function longOutage(draws: PlanDraws, scope: SituationScope): Situation | undefined {
  if (!draws.chance("outage", 40_000) || !staysWhole(scope)) return undefined;
  const atMs = draws.between("outage.at", 4_000, 8_000);
  const outageMs = draws.between("outage.ms", 64_000, 75_000);
  // One partition, and never deleted.
  const { topic } = scope.topics[0];
  const node = draws.between("outage.node", 1, scope.nodes);
  const isMany = draws.chance("outage.many", 150_000);
  const count = isMany ? 4_500 : draws.between("outage.count", 20, 200);
  const other = (): number =>
    ((node - 1 + draws.between("outage.by", 1, scope.nodes - 1)) % scope.nodes) + 1;
  const enqueue = (id: number, at: number, delayMs: number): OperationPlan => ({
    type: "enqueue",
    atMs: at,
    node: other(),
    topic,
    id: FIRST_ID + id,
    priority: String(draws.between("outage.priority", 0, 9)),
    bytes: 8,
    delayMs,
    maxRetries: draws.pick("outage.retries", [0, 0, 2]),
    key: undefined,
    producer: undefined,
    repeats: [],
  });
  const operations: OperationPlan[] = [];
  for (let n = 0; n < count; n += 1) {
    operations.push(enqueue(n, atMs + draws.between("outage.after", 0, 400), 0));
  }
  // The partition's time goes on: what is remembered by time is forgotten.
  for (let at = atMs + 2_000; at < atMs + outageMs; at += 2_000) {
    operations.push(enqueue(operations.length, at, 1_000));
  }
  operations.push({
    type: "consume",
    atMs: 3_000,
    untilMs: draws.chance("outage.leaves", 300_000) ? atMs + 1_000 : atMs + outageMs + 8_000,
    node,
    topic,
    id: FIRST_ID + operations.length,
    credits: count + 20,
    refill: false,
    visibilityMs: draws.pick("outage.visibility", [1_000, 3_000]),
    partitions: [],
    end: "cancel",
    habits: QUICK_HABITS,
  });
  const cut: FaultPlan = { kind: "net.partition", atMs, untilMs: atMs + outageMs, side: [node] };
  const limits = isMany ? ROOMY : {};
  return { operations, faults: [cut], limits, durationMs: atMs + outageMs + 10_000 };
}

/** Who comes back has thousands of entries to catch up with: block by block from a disk a run would not end. */
const ROOMY = { appendBlocksMax: 64, logTailBytesMax: 8 << 20 };
