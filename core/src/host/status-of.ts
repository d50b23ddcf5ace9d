// Builds the operators' snapshot of a node.

import type { BudgetName, BudgetUse } from "../member/budgets.js";
import type { HostContext } from "../member/context.js";
import type { Replica } from "../member/replica.js";
import type {
  GroupStatus,
  HeldByGroup,
  HostMetrics,
  NodeStatus,
  RaftRole,
} from "../member/status.js";

function roleOf(replica: Replica): RaftRole {
  if (replica.stoppedBecause !== undefined) return "stopped";
  if (replica.raft.isLeader) return "leader";
  return replica.raft.role === "follower" ? "follower" : "candidate";
}

function heldBy({ raft, queueBytes, proposedBytes }: Replica): HeldByGroup {
  return {
    logBytes: raft.log.heldBytes,
    logTableBytes: raft.log.tableBytes,
    queuedBytes: queueBytes,
    proposedBytes,
  };
}

function groupStatus(context: HostContext, replica: Replica): GroupStatus {
  const { raft, machine } = replica;
  const why = replica.stoppedBecause ?? replica.machineStoppedBecause;
  const base = {
    group: raft.id,
    role: roleOf(replica),
    term: raft.term,
    leader: context.memberName(raft.leader),
    lastIndex: raft.log.lastIndex,
    lastTerm: raft.log.lastTerm,
    commitIndex: raft.commitIndex,
    appliedIndex: raft.appliedIndex,
    appliedTerm: raft.log.termAt(raft.appliedIndex),
    held: heldBy(replica),
    voters: raft.voters.map((v) => context.memberName(v)),
    ...(why === undefined ? {} : { stoppedBecause: why }),
  };
  if (machine.kind === "cluster") return base;
  const { partition, topic, partitionId } = machine;
  return {
    ...base,
    topic,
    partition: partitionId,
    mode: partition.mode,
    counts: { ...partition.counts },
    held: {
      ...base.held,
      producers: partition.dedup.size,
      producerBytes: partition.dedup.heldBytes,
    },
  };
}

/** Topics and groups are the cluster's; the bytes of links are those of the fullest, the bytes for producers those of the fullest partition here. */
/** What clients hold open at this node. */
interface Open {
  readonly openStreams: number;
  readonly openSessions: number;
}

function budgetUse(context: HostContext, open: Open): BudgetUse[] {
  const { budgets, groups } = context;
  const { limits } = context.config;
  let [topics, partitions, producerBytes] = [0, 0, 0];
  for (const { machine } of groups.values()) {
    if (machine.kind === "cluster") {
      topics = machine.cluster.topics.size;
      partitions = machine.cluster.groupCount;
    } else producerBytes = Math.max(producerBytes, machine.partition.dedup.heldBytes);
  }
  const linkBytes = Math.max(0, ...context.members.map((to) => context.appendWindow(to).bytes));
  const use = (name: BudgetName, used: number, most: number): BudgetUse => {
    return { name, used, most, refused: budgets.refused(name) };
  };
  return [
    use("request_bytes", budgets.requestBytes, limits.requestBytesMax),
    use("proposed_bytes", budgets.proposedBytes, limits.proposedBytesMax),
    use("link_bytes", linkBytes, limits.linkBytesMax),
    use("streams", open.openStreams, limits.streamsMax),
    use("sessions", open.openSessions, limits.sessionsMax),
    use("topics", topics, limits.topicsMax),
    use("groups", partitions, limits.groupsMax),
    use("producer_bytes", producerBytes, limits.producerBytesMax),
  ];
}

function topicsOf(context: HostContext): string[] {
  const machine = context.groups.get(0)?.machine;
  return machine?.kind === "cluster" ? [...machine.cluster.topics.keys()] : [];
}

export function statusOf(
  context: HostContext,
  isReady: boolean,
  more: {
    readonly waitsFor: string | undefined;
    readonly refusals: readonly string[];
    readonly openStreams: number;
    readonly openSessions: number;
    readonly pendingRequests: number;
    readonly metrics: HostMetrics;
  },
): NodeStatus {
  return {
    node: context.config.node,
    clusterId: context.cluster.text,
    incarnation: context.incarnation,
    isReady,
    members: context.config.members.map(({ name, address }) => ({ name, address })),
    groups: [...context.groups.values()].map((replica) => groupStatus(context, replica)),
    budgets: budgetUse(context, more),
    topics: topicsOf(context),
    ...more,
  };
}
