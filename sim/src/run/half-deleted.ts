// L7: a deletion that was begun ends by itself, whoever asked for it. A topic that stays closed for good can
// neither be used nor made again, and nothing shows it.

import type { World } from "../world/world.js";

/** Says which topic is still being deleted on some node, or nothing. */
export function halfDeleted(world: World): string | undefined {
  for (const { number, process } of world.nodes) {
    const machine = process?.host.context.groups.get(0)?.machine;
    if (machine?.kind !== "cluster") continue;
    for (const { topic, isDeleting, partitions } of machine.cluster.topics.values()) {
      if (!isDeleting) continue;
      const groups = partitions.map((p) => p.group).join(", ");
      return `topic "${topic}" (groups ${groups}) is still being deleted on n${number}`;
    }
  }
  return undefined;
}
