// One of several partitions commits nothing while its leader goes on leading and answering (rev-B2), and consumers
// want what all of them hold. It has a topic of its own, so that nobody else takes the backlog, and a stretch of
// its own after the faults of the plan, so that rule L14 can say how soon the other partitions must be served.

import type { PlanDraws } from "./plan-draws.js";
import type { OperationPlan } from "./plan.js";
import { isSluggish, SETTLE_MS, type Situation, type SituationScope } from "./situation.js";

/** Ids of these calls and consumers; those of others stay away from them. */
const FIRST_ID = 70_000;
const TOPIC = "stalled";
const FILL_MS = 2_000;
const MUTE_MS = 11_000;

export function stalledSource(draws: PlanDraws, scope: SituationScope): Situation | undefined {
  if (!draws.chance("source", 120_000) || isSluggish(scope)) return undefined;
  const fillMs = scope.durationMs + SETTLE_MS;
  // Messages still have time to be committed.
  const muteMs = fillMs + FILL_MS + 2_000;
  const untilMs = muteMs + MUTE_MS;
  const node = (): number => draws.between("source.node", 1, scope.nodes);
  const operations: OperationPlan[] = [];
  const count = draws.between("source.count", 60, 120);
  for (let n = 0; n < count; n += 1) {
    operations.push({
      type: "enqueue",
      atMs: fillMs + draws.between("source.fill", 0, FILL_MS),
      node: node(),
      topic: TOPIC,
      id: FIRST_ID + n,
      // Among equals the first partition comes first: it is the one that every choice wants.
      priority: "3",
      bytes: 16,
      delayMs: 0,
      maxRetries: undefined,
      key: undefined,
      producer: undefined,
      repeats: [],
    });
  }
  const consumers = draws.between("source.consumers", 1, 3);
  for (let n = 0; n < consumers; n += 1) {
    operations.push({
      type: "consume",
      atMs: muteMs + draws.between("source.after", 50, 1_000),
      untilMs: untilMs - 500,
      node: node(),
      topic: TOPIC,
      id: FIRST_ID + count + n,
      credits: draws.between("source.credits", 1, 4),
      refill: true,
      visibilityMs: 20_000,
      partitions: [],
      end: "cancel",
      habits: HABITS,
    });
  }
  return {
    operations,
    faults: [{ kind: "net.mute", atMs: muteMs, untilMs, topic: TOPIC }],
    topics: [
      {
        topic: TOPIC,
        mode: draws.chance("source.min", 500_000) ? "MIN" : "MAX",
        partitions: draws.between("source.partitions", 2, 4),
        replicationFactor: 3,
        visibilityMs: 10_000,
        maxRetries: 5,
        dlq: true,
      },
    ],
    durationMs: untilMs + 1_000,
  };
}

/** It takes its time, so that what is ready lasts. */
const HABITS = {
  ack: 1_000_000,
  nack: 0,
  repeatAck: 0,
  extend: 0,
  staleSettle: 0,
  thinkMaxMs: 500,
  late: 0,
  backoffMaxMs: 0,
  otherNode: 0,
} as const;
