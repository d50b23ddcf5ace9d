// Followers lack several entries at once, and one of them holds a message as large as a node takes, behind others that
// would still share a frame with it (rev-A6): together they are more than a frame holds, so the large one has to
// travel alone. In a topic and a stretch of its own, after the faults of the plan.

import { MESSAGE_BYTES_MAX } from "@disheap/core";
import type { PlanDraws } from "./plan-draws.js";
import type { OperationPlan } from "./plan.js";
import { isSluggish, SETTLE_MS, type Situation, type SituationScope } from "./situation.js";

/** Ids of these calls; those of others stay away from them. */
const FIRST_ID = 75_000;
const TOPIC = "large";
/** One after the other, so that each is an entry of its own. */
const EVERY_MS = 700;

export function largeResend(draws: PlanDraws, scope: SituationScope): Situation | undefined {
  if (!draws.chance("resend", 100_000) || isSluggish(scope)) return undefined;
  const atMs = scope.durationMs + SETTLE_MS;
  const sizes = [
    ...draws.pick("resend.before", BEFORE),
    MESSAGE_BYTES_MAX - draws.pick("resend.below", [0, 1, 100_000]),
    // Followers find out by this one that they missed the others.
    1,
  ];
  const operations = sizes.map((bytes, n): OperationPlan => {
    return {
      type: "enqueue",
      atMs: atMs + EVERY_MS * (n + 1),
      node: draws.between("resend.node", 1, scope.nodes),
      topic: TOPIC,
      id: FIRST_ID + n,
      priority: String(draws.between("resend.priority", 0, 2)),
      bytes,
      delayMs: 0,
      maxRetries: undefined,
      key: undefined,
      producer: undefined,
      repeats: [],
    };
  });
  const lastMs = atMs + EVERY_MS * sizes.length;
  return {
    operations,
    faults: [{ kind: "net.mute", atMs, untilMs: lastMs - EVERY_MS / 2, topic: TOPIC }],
    topics: [
      {
        topic: TOPIC,
        mode: draws.chance("resend.min", 500_000) ? "MIN" : "MAX",
        partitions: 1,
        replicationFactor: 3,
        visibilityMs: 10_000,
        maxRetries: 5,
        dlq: true,
        maxPayloadBytes: MESSAGE_BYTES_MAX,
      },
    ],
    limits: {
      messageBytesMax: MESSAGE_BYTES_MAX,
      // All of them are under way at once, and what is missing is in memory: it is sent again in one turn.
      logTailBytesMax: 64 << 20,
      inflightAppendsMax: 32,
      linkBytesMax: 64 << 20,
      proposedBytesMax: 64 << 20,
    },
    durationMs: lastMs + 2_000,
  };
}

/** Bytes of those before it: less than fills a frame, and too much to share one with it. */
const BEFORE = [[3_500_000], [2_200_000], [1_000_000, 1_000_000, 1_000_000], [40_000, 3_000_000]];
