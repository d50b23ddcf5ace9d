// One name, deleted through several nodes at once and made again as soon as one of them is done, a few times in a
// row (rev-A1). What one node sends is slow meanwhile: its deletion arrives when the next topic of that name is
// there already, and must leave it alone.

import type { PlanDraws } from "./plan-draws.js";
import type { FaultPlan, OperationPlan } from "./plan.js";
import { staysWhole, type Situation, type SituationScope } from "./situation.js";

const EVERY_MS = 6_000;

export function crossingDeletions(draws: PlanDraws, scope: SituationScope): Situation | undefined {
  if (!draws.chance("crossing", 120_000) || !staysWhole(scope)) return undefined;
  if (scope.operations.some(({ type }) => type === "delete")) return undefined;
  const rounds = draws.between("crossing.rounds", 2, 4);
  const firstMs = draws.between("crossing.at", 8_000, scope.durationMs - rounds * EVERY_MS - 4_000);
  // The last topic is the one that others delete too; no other draw counts on it.
  const { topic } = scope.topics[scope.topics.length - 1];
  const operations: OperationPlan[] = [];
  const faults: FaultPlan[] = [];
  for (let n = 0; n < rounds; n += 1) {
    const atMs = firstMs + n * EVERY_MS;
    const slow = draws.between("crossing.slow", 1, scope.nodes);
    const others = Array.from({ length: scope.nodes }, (_, i) => i + 1).filter((i) => i !== slow);
    const meanUs = draws.pick("crossing.mean", [100_000, 400_000, 1_000_000]);
    const afterMs = draws.pick("crossing.after", [0, 5, 40]);
    // Whoever asks last meets the topic that the others are about to delete, or none.
    operations.push({
      type: "delete",
      atMs,
      node: slow,
      topic,
      rivals: [{ afterMs, node: draws.pick("crossing.rival", others) }],
      isSameName: true,
    });
    for (const to of others) {
      faults.push({
        kind: "net.delay",
        atMs: atMs - 50,
        untilMs: atMs + 2_500,
        from: slow,
        to,
        perMillion: 1_000_000,
        meanUs,
      });
    }
  }
  return { operations, faults };
}
