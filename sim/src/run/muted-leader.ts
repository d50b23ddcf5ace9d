// The fault net.mute: whoever leads the topic's first partition is not heard by its followers until the end of it.

import type { FaultPlan } from "../plan/plan.js";
import type { World } from "../world/world.js";
import { servingReplica } from "./cluster-view.js";

export function muteLeader(
  world: World,
  { topic, untilMs }: Extract<FaultPlan, { kind: "net.mute" }>,
): void {
  const leader = servingReplica(world, topic, 0);
  if (!leader) return;
  const { node, replica } = leader;
  world.network.mutes.set(node, replica.id);
  world.queue.schedule(untilMs * 1000, () => world.network.mutes.delete(node));
}
