// From a seed to a plan: swarm style, the seed decides which fault kinds exist at all, then how many and
// when (docs/internals/simulator.md). Pinned by a golden test: a change here moves every seed.

import { hash32, ITEM_OVERHEAD_BYTES, MESSAGE_BYTES_MAX, type LimitsConfig } from "@disheap/core";
import { DEFAULT_DISK } from "../world/disk-settings.js";
import { DEFAULT_NETWORK } from "../world/network-settings.js";
import { expandFaults } from "./expand-faults.js";
import { expandOperations } from "./expand-operations.js";
import { narrowLinks, withinLink } from "./narrow-links.js";
import { PlanDraws, seedBits } from "./plan-draws.js";
import type { Plan, TopicPlan } from "./plan.js";
import { withSituations } from "./situations.js";
import { calmAround, stalledLeader } from "./stalled-leader.js";

export function expandPlan(seed: string): Plan {
  const bits = seedBits(seed);
  const draws = new PlanDraws(bits);
  const nodes = draws.chance("nodes", 700_000) ? 3 : 5;
  const durationMs = 60_000;
  const isLarge = draws.chance("large", 30_000);
  const topics = expandTopics(draws, nodes, isLarge);
  const isSlow = draws.chance("slow", 60_000);
  const isTight = draws.chance("tight", 300_000);
  // What is tight follows how fast anything goes: with a few intents a second nothing would ever drain.
  const scale = isSlow ? SLOW_SCALE : 1;
  const operations = expandOperations(draws, { nodes, durationMs, topics, isLarge });
  const hash = hash32(bits.hi, bits.lo);
  const faults = expandFaults(draws, { nodes, durationMs, hash, topics });
  const narrow = isLarge || isSlow ? undefined : narrowLinks(draws, { nodes, durationMs, topics });
  const stalled = isSlow ? undefined : stalledLeader(draws, { nodes, durationMs, topics });
  return withSituations(draws, {
    version: 1,
    seed,
    seedHi: bits.hi,
    seedLo: bits.lo,
    nodes,
    durationMs,
    limits: withinLink(
      {
        appendBlocksMax: draws.chance("append.one", 300_000) && !isSlow ? 1 : APPEND_BLOCKS,
        inflightAppendsMax: isTight ? draws.between("inflight", 1, 4) * scale : 32,
        entryIntentsMax: isTight ? draws.between("intents", 1, 4) * scale : 4096,
        logTailBytesMax: draws.chance("tail", 500_000) ? 2048 : 8 << 20,
        turnApplyEntriesMax: draws.chance("apply", 300_000) ? 2 : 1024,
        ...(isLarge ? { messageBytesMax: MESSAGE_BYTES_MAX + ITEM_OVERHEAD_BYTES } : {}),
        ...(draws.chance("queue", 150_000)
          ? { queueIntentsMax: draws.pick("queue.intents", [1, 3, 12]) }
          : {}),
        ...(narrow ? { turnBulkBytesMax: narrow.turnBulkBytesMax } : {}),
        // Beside those of the whole, what bursts of a simulated size reach (rev-B15).
        ...(draws.chance("underway", 300_000) && !isSlow
          ? {
              proposedBytesMax: draws.pick("underway.proposed", [1_000, 20_000, 32 << 20]),
              linkBytesMax: draws.pick("underway.link", [1_000, 20_000, 16 << 20]),
            }
          : {}),
      },
      narrow,
    ),
    ...(draws.chance("limits.own", 350_000)
      ? {
          nodeLimits: expandLimits(draws, nodes).map((own) =>
            withinLink(isSlow && isTight ? roomy(own) : own, narrow),
          ),
        }
      : {}),
    ...(draws.chance("lists.turned", 250_000) ? { turnsLists: true } : {}),
    network: {
      ...DEFAULT_NETWORK,
      streamModel: draws.chance("stream", 600_000),
      latencyMaxUs: draws.pick("latency", [400, 2_000, 20_000]),
      detectMinUs: 1_000_000,
      detectMaxUs: 4_000_000,
      ...(isSlow ? SLOW_LINKS : {}),
      ...(narrow ? { bulk: narrow.bulk } : {}),
    },
    disk: {
      ...DEFAULT_DISK,
      sync: { minUs: 150, meanUs: draws.pick("sync", [250, 2_000, 15_000]), capUs: 100_000 },
      completion: { minUs: 10, meanUs: draws.pick("completion", [40, 3_000]), capUs: 20_000 },
      ...(isSlow ? { sync: SLOW_SYNC } : {}),
    },
    turnCostUs: draws.pick("turnCost", [10, 50, 200]),
    eventCostUs: draws.pick("eventCost", [2, 10, 40]),
    disconnectGraceMs: draws.pick("grace", [500, 2_000, 5_000]),
    topics,
    ...(draws.chance("sessions", 600_000)
      ? {
          sessions: {
            share: draws.pick("sessions.share", [200_000, 600_000, 1_000_000]),
            breaks: draws.pick("sessions.breaks", [0, 5_000, 50_000]),
          },
        }
      : {}),
    operations:
      stalled || narrow
        ? [...operations, ...(stalled?.operations ?? []), ...(narrow?.operations ?? [])].sort(
            (a, b) => a.atMs - b.atMs,
          )
        : operations,
    faults: stalled ? calmAround(faults, stalled) : faults,
  });
}

/** A commit takes more than a second, a question half of one: in quiet times too, so that time-outs have to follow. */
const SLOW_LINKS = { latencyMinUs: 200_000, latencyMaxUs: 260_000 };
const SLOW_SYNC = { minUs: 300_000, meanUs: 60_000, capUs: 500_000 };

const SLOW_SCALE = 4;
const APPEND_BLOCKS = 64;

/**
 * Where an append takes a second and few may be under way, each has to carry many blocks: one at a time would be
 * an overload that never ends, an entry a second.
 */
function roomy(own: Partial<LimitsConfig>): Partial<LimitsConfig> {
  return { ...own, appendBlocksMax: APPEND_BLOCKS };
}

/** Settings of which no two nodes need to have the same. */
function expandLimits(draws: PlanDraws, nodes: number): Partial<LimitsConfig>[] {
  return Array.from({ length: nodes }, () => ({
    appendBlocksMax: draws.pick("limits.own.append", [1, 3, 64]),
    entryBytesMax: draws.pick("limits.own.entry", [1_000, 100_000, 4 << 20]),
    logTailBytesMax: draws.pick("limits.own.tail", [1_024, 65_536, 8 << 20]),
    turnApplyEntriesMax: draws.pick("limits.own.apply", [1, 2, 5, 1024]),
  }));
}

function expandTopics(draws: PlanDraws, nodes: number, isLarge: boolean): TopicPlan[] {
  const count = draws.between("topics", 2, 4);
  const topics: TopicPlan[] = [];
  for (let i = 0; i < count; i += 1) {
    topics.push({
      topic: `t${i}`,
      mode: draws.chance("mode", 500_000) ? "MIN" : "MAX",
      partitions: i === 0 ? 1 : draws.between("partitions", 1, 4),
      replicationFactor: draws.chance("rf5", 200_000) ? nodes : 3,
      visibilityMs: draws.pick("visibility", [400, 1_500, 4_000, 10_000]),
      maxRetries: draws.between("maxRetries", 0, 5),
      dlq: draws.chance("dlq", 800_000),
      ...(isLarge ? { maxPayloadBytes: MESSAGE_BYTES_MAX } : {}),
    });
  }
  return topics;
}
