// Where the replicas of a partition live, and which partition a message goes to. Both are golden-tested:
// a change moves data.

import { fold32, mix32 } from "../lib/hash.js";

/**
 * Member numbers (from 1) that hold a group; the first is the preferred leader. Leaders rotate over the
 * members, so that they are spread evenly. Two replicas on three or more nodes become three full voters,
 * because two cannot lose one (wire contract, section 3).
 */
export function placeReplicas(group: number, members: number, replicationFactor: number): number[] {
  const wanted = replicationFactor === 0 ? 3 : replicationFactor === 2 ? 3 : replicationFactor;
  const count = Math.min(members, wanted);
  const voters: number[] = [];
  for (let i = 0; i < count; i += 1) voters.push(((group + i) % members) + 1);
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
