// What the runner may know of the cluster when it judges liveness: the replicas of every group.

import type { Replica, Partition } from "@disheap/core";
import type { World } from "../world/world.js";

export interface PlacedReplica {
  readonly node: number;
  readonly replica: Replica;
}

/** Replicas per group on nodes that are up. */
export function replicas(world: World): Map<number, PlacedReplica[]> {
  const groups = new Map<number, PlacedReplica[]>();
  for (const node of world.nodes) {
    const host = node.process?.host;
    if (!host) continue;
    for (const replica of host.context.groups.values()) {
      const list = groups.get(replica.id) ?? [];
      list.push({ node: node.number, replica });
      groups.set(replica.id, list);
    }
  }
  return groups;
}

/** It takes no part any more; what it holds says nothing of the others. */
export function isStopped({ replica }: PlacedReplica): boolean {
  return replica.stoppedBecause !== undefined || replica.machineStoppedBecause !== undefined;
}

/** The replica of a topic's partition that leads it and serves, wherever that is. */
export function servingReplica(
  world: World,
  topic: string,
  partition: number,
): PlacedReplica | undefined {
  for (const { number, process } of world.nodes) {
    for (const replica of process?.host.context.groups.values() ?? []) {
      const { machine, isServing } = replica;
      if (!isServing || machine.kind !== "partition" || machine.topic !== topic) continue;
      if (machine.partitionId === partition) return { node: number, replica };
    }
  }
  return undefined;
}

export function leaderOf(views: readonly PlacedReplica[]): PlacedReplica | undefined {
  return views.find((v) => v.replica.isServing);
}

export function partitionOf(view: PlacedReplica): Partition | undefined {
  return view.replica.machine.kind === "partition" ? view.replica.machine.partition : undefined;
}
