// The groups of this node: made when the meta group's log says so, with what the store held of them, and
// removed with their topic. Also where every partition of the cluster lives. Invariants:
//   GRT1 a group is made once in the life of a process: ids are not used again (R4), and logs are not replayed twice;
//   GRT2 `stored` holds groups that are not made yet, so each takes over what the store held of it.

import type { ClusterMachine } from "../cluster/cluster.js";
import type { PartitionPlace, TopicRecord } from "../cluster/cluster-state.js";
import { assert } from "../lib/assert.js";
import { Partition } from "../delivery/partition.js";
import { hash32 } from "../lib/hash.js";
import type { Outputs } from "../raft/outputs.js";
import { RaftGroup, type RaftHost, type RaftSettings } from "../raft/group.js";
import type { RestoredGroup } from "../store/boot.js";
import type { HostContext } from "../member/context.js";
import { Replica, type GroupMachine } from "../member/replica.js";
import type { HostConfig } from "../member/config.js";

/** Links say what they lost, so this finds only what nobody knows of. */
const ASK_MS = 5_000;

export class GroupTable {
  private readonly context: HostContext;
  private readonly settings: RaftSettings;
  private readonly raftHost: RaftHost;
  private readonly outputs: Outputs;
  private readonly places = new Map<number, PartitionPlace>();
  /**
   * What the store held of groups that the meta table has not named yet. A group takes its part with it, a
   * deleted topic's too, as the meta group's log is applied from its first entry on: nothing is left over.
   */
  private stored = new Map<number, RestoredGroup>();

  constructor(context: HostContext, raftHost: RaftHost, outputs: Outputs) {
    this.context = context;
    this.raftHost = raftHost;
    this.outputs = outputs;
    this.settings = raftSettings(context.config);
  }

  /** Starts the meta group over what the store held. */
  start(stored: Map<number, RestoredGroup>, cluster: ClusterMachine, bornMs: number): void {
    this.stored = stored;
    const meta = { group: 0, incarnation: 0, voters: this.context.members };
    this.add(meta, bornMs, { kind: "cluster", cluster });
  }

  get cluster(): ClusterMachine | undefined {
    const machine = this.context.groups.get(0)?.machine;
    return machine?.kind === "cluster" ? machine.cluster : undefined;
  }

  placeOf(group: number): PartitionPlace | undefined {
    return this.places.get(group);
  }

  private add(
    { group: id, incarnation, voters }: Pick<PartitionPlace, "group" | "incarnation" | "voters">,
    bornMs: number,
    machine: GroupMachine,
  ): void {
    const { config, self } = this.context;
    assert(!this.context.groups.has(id), "GRT1: a group is made once");
    const stored = this.stored.get(id);
    this.stored.delete(id);
    const raft = new RaftGroup({
      id,
      incarnation,
      self,
      voters,
      settings: this.settings,
      host: this.raftHost,
      outputs: this.outputs,
      bornMs,
      jitterSeed: hash32(config.seedHi, config.seedLo, 0x6a697474),
      ...(stored ? { log: stored.log } : {}),
    });
    if (stored) {
      raft.restoreHardState(stored.hardState);
    }
    // The preferred leader of a new group campaigns at once (D-50).
    raft.isEager = raft.term === 0 && voters[0] === self;
    this.context.groups.set(id, new Replica(raft, machine));
  }

  topicCreated(record: TopicRecord): void {
    // The stamp of the entry that makes it: its own time goes on from there (D-18).
    const bornMs = this.cluster?.nowMs ?? 0;
    for (const place of record.partitions) {
      this.places.set(place.group, place);
      if (!place.voters.includes(this.context.self)) continue;
      const partition = new Partition(place.group, record.settings.mode);
      this.add(place, bornMs, {
        kind: "partition",
        partition,
        topic: record.topic,
        partitionId: place.partition,
      });
    }
  }

  /** Removes the groups of a topic; returns those that lived here. */
  topicDeleted(record: TopicRecord): Replica[] {
    const removed: Replica[] = [];
    for (const place of record.partitions) {
      const replica = this.context.groups.get(place.group);
      if (replica) {
        replica.isRemoved = true;
        removed.push(replica);
        this.context.touched.delete(replica);
      }
      this.context.groups.delete(place.group);
      this.places.delete(place.group);
    }
    return removed;
  }
}

function raftSettings(config: HostConfig): RaftSettings {
  const { timing, limits } = config;
  const ticks = (ms: number): number => Math.max(1, Math.round(ms / timing.tickMs));
  return {
    electionTicksMin: ticks(timing.electionMinMs),
    electionTicksSpread: ticks(timing.electionMaxMs - timing.electionMinMs),
    checkQuorumTicks: ticks(timing.checkQuorumMs),
    probeTicks: ticks(timing.beatMs),
    askTicks: ticks(ASK_MS),
    appendBlocksMax: limits.appendBlocksMax,
    appendBytesMax: limits.appendBytesMax,
    inflightAppendsMax: limits.inflightAppendsMax,
  };
}
