// Where the replicas of a partition live, and which partition a message goes to. Both are golden-tested:
// a change moves data.

import { fold32, mix32 } from "../lib/hash.js";
import type { Level } from "../machine/levels/level.js";

/**
 * The members that hold a group; the first is the preferred leader. Leaders rotate over the members, so
 * that they are spread evenly.
 */
export function placeReplicas(
  group: number,
  members: readonly number[],
  replicationFactor: number,
  level: Level,
): number[] {
  const wanted = level.voters[replicationFactor] ?? replicationFactor;
  const count = Math.min(members.length, wanted);
  const voters: number[] = [];
  for (let i = 0; i < count; i += 1) voters.push(members[(group + i) % members.length]);
  return voters;
}

/** Highest random weight: the partition of a key, stable while the number of partitions is. */
export function rendezvous(keyHash: number, partitions: number): number {
  let best = 0;
  let bestWeight = -1;
  for (let partition = 0; partition < partitions; partition += 1) {
    const weight = fold32(mix32(keyHash), partition);
    if (weight > bestWeight) {
      bestWeight = weight;
      best = partition;
    }
  }
  return best;
}
