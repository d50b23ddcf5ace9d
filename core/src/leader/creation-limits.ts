// How many topics and partitions there may be (D-92). Decided by the leader of the meta group before it proposes
// and never at apply: how much is too much may differ from node to node (D-9). What it has proposed and not
// applied counts, so that a burst of creations does not run past the limit.

import type { Failure } from "../contract/api.js";
import type { HostContext } from "../member/context.js";
import type { Origin, Replica } from "../member/replica.js";

/** Partitions of the topic that an entry's or the queue's request makes; 0: none. */
function made(origin: Origin): number {
  return origin.type === "request" ? (origin.creates ?? 0) : 0;
}

/** Why a topic of so many partitions may not be made, or undefined. */
export function creationProblem(
  context: HostContext,
  replica: Replica,
  partitions: number,
): Failure | undefined {
  if (replica.machine.kind !== "cluster") return undefined;
  const { cluster } = replica.machine;
  let topics = cluster.topics.size + 1;
  let groups = cluster.groupCount + partitions;
  const add = (origin: Origin): void => {
    const count = made(origin);
    if (count > 0) topics += 1;
    groups += count;
  };
  for (const { origin } of replica.queue) add(origin);
  for (const [, { origins }] of replica.proposed.entries()) origins.forEach(add);
  const { topicsMax, groupsMax } = context.config.limits;
  if (topics > topicsMax) {
    context.budgets.countRefusal("topics");
    return refusal(`the cluster has ${topicsMax} topics, as many as it may (TOPICS_MAX)`);
  }
  if (groups > groupsMax) {
    context.budgets.countRefusal("groups");
    return refusal(
      `with it the topics would have ${groups} partitions together; they may have ${groupsMax} (GROUPS_MAX)`,
    );
  }
  return undefined;
}

function refusal(why: string): Failure {
  return {
    code: "RESOURCE_EXHAUSTED",
    message: `${why}; delete topics that nobody needs, or raise the setting on every node`,
  };
}
