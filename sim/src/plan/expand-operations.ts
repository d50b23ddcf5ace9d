// What the clients of a plan do: enqueues with all kinds of priorities and delays, repeats through other
// nodes, consumers that ack, nack, extend, forget, come late or vanish, and reads.

import type { PlanDraws } from "./plan-draws.js";
import type {
  ConsumerHabits,
  GiveBackHabits,
  OperationPlan,
  ReadPause,
  TopicPlan,
} from "./plan.js";

interface Scope {
  readonly nodes: number;
  readonly durationMs: number;
  readonly topics: readonly TopicPlan[];
  /** Some messages are as large as a node takes. */
  readonly isLarge: boolean;
}

export const INT64_MIN = "-9223372036854775808";
export const INT64_MAX = "9223372036854775807";

export function expandOperations(draws: PlanDraws, scope: Scope): OperationPlan[] {
  const operations: OperationPlan[] = [];
  const enqueues = draws.between("enqueues", 160, 260);
  for (let id = 1; id <= enqueues; id += 1) operations.push(enqueue(draws, scope, id));
  const consumers = draws.between("consumers", 10, 20);
  for (let id = 1; id <= consumers; id += 1) operations.push(consume(draws, scope, id));
  for (let id = 1; id <= 12; id += 1) operations.push(read(draws, scope, id));
  if (draws.chance("delete", 150_000)) {
    const atMs = draws.between("deleteAt", 20_000, scope.durationMs - 5_000);
    const topic = scope.topics[scope.topics.length - 1].topic;
    operations.push({
      type: "delete",
      atMs,
      node: draws.between("node", 1, scope.nodes),
      topic,
      ...(draws.chance("delete.walksAway", 400_000)
        ? { walksAway: true }
        : rivalry(draws, scope.nodes)),
    });
  }
  if (scope.isLarge) operations.push(...largeBurst(draws, scope, enqueues));
  return operations.sort((a, b) => a.atMs - b.atMs);
}

/** Deletions that cross each other, and a successor that cannot be told by its name. */
function rivalry(
  draws: PlanDraws,
  nodes: number,
): Pick<Extract<OperationPlan, { type: "delete" }>, "rivals" | "isSameName"> {
  if (!draws.chance("delete.rivals", 700_000)) return {};
  const count = draws.between("delete.rivalCount", 1, 4);
  const rivals = Array.from({ length: count }, () => ({
    afterMs: draws.pick("delete.rivalAfter", [0, 0, 5, 40, 300]),
    node: draws.between("delete.rivalNode", 1, nodes),
  }));
  return { rivals, isSameName: true };
}

/** A few messages near the limit of a node, all at one moment. */
function largeBurst(draws: PlanDraws, scope: Scope, after: number): OperationPlan[] {
  const atMs = draws.between("large.at", 5_000, scope.durationMs - 20_000);
  const { topic } = draws.pick("large.topic", scope.topics);
  const count = draws.between("large.count", 2, 5);
  return Array.from({ length: count }, (_, i) => ({
    ...enqueue(draws, scope, after + 1 + i),
    atMs,
    topic,
    bytes: draws.pick("large.bytes", [1_000_000, 3_500_000, 6_000_000, 14_000_000]),
    delayMs: 0,
  }));
}

function priority(draws: PlanDraws): string {
  if (draws.chance("priority.end", 60_000)) {
    return draws.chance("priority.which", 500_000) ? INT64_MIN : INT64_MAX;
  }
  // A narrow range makes equal priorities common; a wide one crosses 32 bits.
  if (draws.chance("priority.narrow", 600_000)) return String(draws.between("priority", 0, 4));
  const high = draws.between("priority.high", 0, 2_000_000) - 1_000_000;
  return String(BigInt(high) * 4_294_967_296n + BigInt(draws.next("priority.low")));
}

function enqueue(draws: PlanDraws, scope: Scope, id: number): OperationPlan {
  const hasProducer = draws.chance("producer", 500_000);
  const repeats: { afterMs: number; node: number }[] = [];
  while (hasProducer && repeats.length < 3 && draws.chance("repeat", 300_000)) {
    repeats.push({
      afterMs: draws.between("repeatAfter", 0, 8_000),
      node: draws.between("node", 1, scope.nodes),
    });
  }
  // Bursts: many enqueues fall on the same moments.
  const atMs = draws.chance("burst", 400_000)
    ? 1_000 * draws.between("burstAt", 1, 50)
    : draws.between("at", 500, scope.durationMs - 2_000);
  return {
    type: "enqueue",
    atMs,
    node: draws.between("node", 1, scope.nodes),
    topic: draws.pick("topic", scope.topics).topic,
    id,
    priority: priority(draws),
    bytes: draws.pick("bytes", [1, 16, 64, 300]),
    delayMs: draws.chance("delayed", 200_000) ? draws.between("delay", 1, 10_000) : 0,
    maxRetries: draws.chance("ownRetries", 200_000) ? draws.between("retries", 0, 3) : undefined,
    key: draws.chance("key", 200_000) ? `k${draws.between("keyOf", 0, 9)}` : undefined,
    producer: hasProducer ? `p${draws.between("producerOf", 0, 3)}` : undefined,
    repeats,
  };
}

function habits(draws: PlanDraws): ConsumerHabits {
  return {
    ack: draws.pick("habit.ack", [950_000, 700_000, 400_000]),
    nack: draws.pick("habit.nack", [20_000, 200_000]),
    repeatAck: draws.pick("habit.repeat", [0, 200_000]),
    extend: draws.pick("habit.extend", [0, 300_000]),
    staleSettle: draws.pick("habit.stale", [0, 100_000]),
    forge: draws.pick("habit.forge", [0, 0, 50_000]),
    thinkMaxMs: draws.pick("habit.think", [5, 200, 1_500]),
    late: draws.pick("habit.late", [0, 150_000]),
    backoffMaxMs: draws.pick("habit.backoff", [0, 500, 3_000]),
    otherNode: draws.pick("habit.other", [0, 500_000]),
  };
}

/** Some consumers do not read for a while, long enough for leases to run out. */
function pauses(draws: PlanDraws): ReadPause[] {
  const list: ReadPause[] = [];
  while (list.length < 2 && draws.chance("pause", 300_000)) {
    list.push({
      afterMs: draws.between("pauseAfter", 0, 9_000),
      forMs: draws.pick("pauseFor", [100, 1_000, 4_000, 12_000]),
      room: draws.pick("pauseRoom", [0, 1, 4]),
    });
  }
  return list;
}

/** Some clients ask far ahead; each gives its credits back one by one, as it settles. */
function credits(draws: PlanDraws): number {
  const few = draws.between("credits", 1, 12);
  return draws.chance("credits.ahead", 80_000) ? draws.between("credits.many", 50, 200) : few;
}

/** Some consumers give back what they did not start, in time or not. */
function givesBack(draws: PlanDraws): { givesBack?: GiveBackHabits } {
  if (!draws.chance("back", 500_000)) return {};
  const habits = {
    share: draws.pick("back.share", [0, 100_000, 400_000]),
    late: draws.pick("back.late", [0, 300_000, 900_000]),
    twice: draws.pick("back.twice", [0, 500_000]),
    nacked: draws.pick("back.nacked", [0, 500_000]),
    leaves: draws.chance("back.leaves", 500_000),
  };
  return { givesBack: habits };
}

/** Some want leases that are over before the delivery has crossed a slow cluster. */
function ownVisibility(draws: PlanDraws, topic: TopicPlan): number {
  const usual = draws.chance("ownVisibility", 500_000)
    ? draws.pick("consumeVisibility", [300, 1_000, 5_000, 15_000])
    : topic.visibilityMs;
  if (!draws.chance("visibility.short", 150_000)) return usual;
  return draws.pick("visibility.shortOf", [1, 60, 100, 160]);
}

function consume(draws: PlanDraws, scope: Scope, id: number): OperationPlan {
  const topic = draws.pick("topic", scope.topics);
  const atMs = draws.between("consumeAt", 500, scope.durationMs - 8_000);
  const partitions: number[] = [];
  if (topic.partitions > 1 && draws.chance("filter", 250_000)) {
    partitions.push(draws.between("filterOf", 0, topic.partitions - 1));
  }
  return {
    type: "consume",
    atMs,
    untilMs: Math.min(scope.durationMs, atMs + draws.between("consumeFor", 1_000, 25_000)),
    node: draws.between("node", 1, scope.nodes),
    topic: topic.topic,
    id,
    credits: credits(draws),
    refill: draws.chance("refill", 700_000),
    visibilityMs: ownVisibility(draws, topic),
    partitions,
    end: draws.pick("end", ["cancel", "half-close", "abandon"] as const),
    habits: habits(draws),
    ...givesBack(draws),
    pauses: pauses(draws),
  };
}

function read(draws: PlanDraws, scope: Scope, id: number): OperationPlan {
  return {
    type: "read",
    atMs: draws.between("readAt", 2_000, scope.durationMs),
    node: draws.between("node", 1, scope.nodes),
    what: draws.pick("readWhat", ["stats", "peek", "list"] as const),
    topic: draws.pick("topic", scope.topics).topic,
    id,
  };
}
