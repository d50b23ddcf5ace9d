// Faults that take one replica of a group out for the rest of a run: it stops at an entry, or its node meets
// rot in its log and has to stop.

import { blockKeyParts, Tag, type Replica } from "@disheap/core";
import type { FaultPlan } from "../plan/plan.js";
import { fromHex } from "../world/disk-store.js";
import type { World } from "../world/world.js";

type Stop = Extract<FaultPlan, { kind: "replica.stop" }>;
type Rot = Extract<FaultPlan, { kind: "disk.rot" }>;

interface Held {
  readonly node: number;
  readonly replica: Replica;
}

/** Replicas of the topic's first partition on nodes that are up, the one that serves first. */
function replicasOf(world: World, topic: string): Held[] {
  const held: Held[] = [];
  for (const { number, process } of world.nodes) {
    for (const replica of process?.host.context.groups.values() ?? []) {
      const { machine } = replica;
      const isIt = machine.kind === "partition" && machine.topic === topic;
      if (isIt && machine.partitionId === 0) held.push({ node: number, replica });
    }
  }
  return held.sort((a, b) => Number(b.replica.isServing) - Number(a.replica.isServing));
}

const AGAIN_MS = 500;
const TRIES = 10;

/** As soon as three replicas are up and one of them serves; not at all if that takes too long. */
function whenWhole(
  world: World,
  topic: string,
  run: (held: readonly Held[]) => void,
  tries = TRIES,
): void {
  const held = replicasOf(world, topic);
  if (held.length >= 3 && held[0].replica.isServing) run(held);
  else if (tries > 0) {
    const atUs = world.queue.nowUs + AGAIN_MS * 1000;
    world.queue.schedule(atUs, () => whenWhole(world, topic, run, tries - 1));
  }
}

export function stopReplica(world: World, fault: Stop, mayHurt: () => boolean): void {
  whenWhole(world, fault.topic, (held) => {
    if (!mayHurt()) return;
    const { node, replica } = held[fault.isLeader ? 0 : held.length - 1];
    const index = replica.raft.appliedIndex + 1;
    world.plants.add({ node, group: replica.id, index, kind: fault.how });
    world.plants.into(node, new Map([[replica.id, replica]]));
  });
}

/** A follower is cut off until the end of the fault; then the leader's log is rotten. */
export function rotLog(world: World, { topic, untilMs, how }: Rot, mayHurt: () => boolean): void {
  whenWhole(world, topic, (held) => {
    const [leader, follower] = [held[0], held[held.length - 1]];
    const others = world.nodes.map(({ number }) => number).filter((n) => n !== follower.node);
    for (const other of others) world.network.cut(follower.node, other);
    world.queue.schedule(untilMs * 1000, () => {
      const now = world.host(leader.node)?.context.groups.get(leader.replica.id);
      if (now === leader.replica && mayHurt()) rotOf(world, leader, how);
      for (const other of others) world.network.heal(follower.node, other);
    });
  });
}

/** What is below the tail was synced and applied, and is never written again. */
function rotOf(world: World, { node, replica }: Held, how: Rot["how"]): void {
  const { disk } = world.node(node);
  const { log } = replica.raft;
  const rotten = [...disk.durable().keys()].filter((hex) => {
    const key = fromHex(hex);
    if (key[0] !== Tag.block) return false;
    const { group, first } = blockKeyParts(key);
    return group === replica.id && first <= replica.raft.appliedIndex && !log.blockAt(first);
  });
  if (rotten.length === 0) return;
  disk.rot(rotten, how);
  world.node(node).isDamaged = true;
}
