// Links that hold little and drain slowly, and bursts of messages that are large for them (rev-B3): what
// does not fit is dropped, and everything has to get through all the same.

import type { LimitsConfig } from "@disheap/core";
import type { NetworkSettings } from "../world/network-settings.js";
import type { PlanDraws } from "./plan-draws.js";
import type { OperationPlan, TopicPlan } from "./plan.js";

interface Scope {
  readonly nodes: number;
  readonly durationMs: number;
  readonly topics: readonly TopicPlan[];
}

interface NarrowLinks {
  readonly bulk: NonNullable<NetworkSettings["bulk"]>;
  /** In proportion to the link, as by default; or far too much for it, so that frames are dropped. */
  readonly turnBulkBytesMax: number;
  readonly operations: readonly OperationPlan[];
}

/** Ids of these calls; those of others stay below. */
const FIRST_ID = 30_000;

export function narrowLinks(draws: PlanDraws, scope: Scope): NarrowLinks | undefined {
  if (!draws.chance("narrow", 200_000)) return undefined;
  const bulk = {
    bytesMax: draws.pick("narrow.max", [64 << 10, 256 << 10, 1 << 20]),
    bytesPerMs: draws.pick("narrow.rate", [500, 2_000, 10_000]),
  };
  const operations: OperationPlan[] = [];
  const bursts = draws.between("narrow.bursts", 1, 3);
  for (let i = 0; i < bursts; i += 1) {
    const atMs = draws.between("narrow.at", 3_000, scope.durationMs - 15_000);
    const { topic } = draws.pick("narrow.topic", scope.topics.slice(0, -1));
    const count = draws.between("narrow.count", 10, 40);
    const drawn = draws.pick("narrow.bytes", [2_000, 10_000, 40_000]);
    const bytes = Math.min(drawn, bulk.bytesMax >> 3);
    for (let n = 0; n < count; n += 1) {
      operations.push({
        type: "enqueue",
        atMs,
        node: draws.between("narrow.node", 1, scope.nodes),
        topic,
        id: FIRST_ID + operations.length,
        priority: "3",
        bytes,
        delayMs: 0,
        maxRetries: undefined,
        key: undefined,
        producer: undefined,
        repeats: [],
      });
    }
  }
  const isGreedy = draws.chance("narrow.greedy", 500_000);
  const turnBulkBytesMax = isGreedy ? 4 << 20 : bulk.bytesMax >> 4;
  return { bulk, turnBulkBytesMax, operations };
}

/**
 * A link holds at least four of the largest frame, as the real ones do (64 MiB, frames of 16): otherwise an
 * entry that never fits beside anything else is dropped for ever, and its partition stands still for no fault
 * of the queue (seed 1436).
 */
export function withinLink<T extends Partial<LimitsConfig>>(limits: T, narrow?: NarrowLinks): T {
  if (!narrow) return limits;
  const most = narrow.bulk.bytesMax >> 2;
  const capped = (bytes: number | undefined): number => Math.min(bytes ?? most, most);
  const { entryBytesMax, appendBytesMax } = limits;
  return {
    ...limits,
    entryBytesMax: capped(entryBytesMax),
    appendBytesMax: capped(appendBytesMax),
  };
}
