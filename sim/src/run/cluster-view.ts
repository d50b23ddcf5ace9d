// What the runner may know of the cluster when it judges liveness: the replicas of every group.

import type { Replica, Partition } from "@disheap/core";
import type { World } from "../world/world.js";

export interface ReplicaView {
  readonly node: number;
  readonly slot: Replica;
}

/** Replicas per group on nodes that are up. */
export function replicas(world: World): Map<number, ReplicaView[]> {
  const groups = new Map<number, ReplicaView[]>();
  for (const node of world.nodes) {
    const host = node.process?.host;
    if (!host) continue;
    for (const slot of host.context.groups.values()) {
      const list = groups.get(slot.id) ?? [];
      list.push({ node: node.number, slot });
      groups.set(slot.id, list);
    }
  }
  return groups;
}

/** It takes no part any more; what it holds says nothing of the others. */
export function isStopped({ slot }: ReplicaView): boolean {
  return slot.stoppedBecause !== undefined || slot.machineStoppedBecause !== undefined;
}

/** The replica of a topic's partition that leads it and serves, wherever that is. */
export function servingReplica(
  world: World,
  topic: string,
  partition: number,
): ReplicaView | undefined {
  for (const { number, process } of world.nodes) {
    for (const slot of process?.host.context.groups.values() ?? []) {
      const { machine, isServing } = slot;
      if (!isServing || machine.kind !== "partition" || machine.topic !== topic) continue;
      if (machine.partitionId === partition) return { node: number, slot };
    }
  }
  return undefined;
}

export function leaderOf(views: readonly ReplicaView[]): ReplicaView | undefined {
  return views.find((v) => v.slot.isServing);
}

export function partitionOf(view: ReplicaView): Partition | undefined {
  return view.slot.machine.kind === "partition" ? view.slot.machine.partition : undefined;
}
