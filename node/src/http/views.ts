// What the HTTP port shows (contract section 16), as plain objects; JSON.stringify gives the compact
// form that deployment scripts grep for.

import type { ClientResult, Counts, GroupStatus, NodeStatus, RaftRole } from "@disheap/core";
import { addressOf, metaGroup, toldReason } from "./status-parts.js";

const STATE_OF: Readonly<Record<RaftRole, string>> = {
  leader: "Leader",
  follower: "Follower",
  candidate: "Candidate",
  stopped: "Shutdown",
};

/** The meta group in the form of one Raft node; every group under `groups`. */
export function raftView(status: NodeStatus): object {
  const meta = metaGroup(status);
  const isLeader = meta?.role === "leader";
  return {
    node_id: status.node,
    state: meta === undefined ? "Follower" : STATE_OF[meta.role],
    is_leader: isLeader,
    leader: isLeader ? status.node : addressOf(status, meta?.leader ?? ""),
    term: meta?.term ?? 0,
    last_log_index: meta?.lastIndex ?? 0,
    last_log_term: meta?.lastTerm ?? 0,
    commit_index: meta?.commitIndex ?? 0,
    applied_index: meta?.appliedIndex ?? 0,
    cluster_size: status.members.length,
    voters: meta?.voters.length ?? 0,
    servers: status.members.map((member) => ({
      id: member.name,
      address: member.address,
      suffrage: meta === undefined || meta.voters.includes(member.name) ? "Voter" : "Nonvoter",
    })),
    cluster_id: status.clusterId,
    refusals: status.refusals,
    open_streams: status.openStreams,
    pending_requests: status.pendingRequests,
    groups: status.groups.map(groupView),
  };
}

function groupView(group: GroupStatus): object {
  return {
    group: group.group,
    ...(group.topic === undefined ? {} : { topic: group.topic, partition: group.partition }),
    state: STATE_OF[group.role],
    leader: group.leader,
    term: group.term,
    last_log_index: group.lastIndex,
    commit_index: group.commitIndex,
    applied_index: group.appliedIndex,
    voters: group.voters,
    ...(group.stoppedBecause === undefined
      ? {}
      : { stopped_because: toldReason(group.stoppedBecause) }),
  };
}

export function statsView(stats: Extract<ClientResult, { ok: true; op: "stats" }>): object {
  const topics = [...stats.topics].map(([topic, counts]) => [
    topic,
    {
      ...countsView(counts),
      partition_stats: Object.fromEntries(
        counts.partitions.map((partition) => [
          partition.partitionId,
          {
            partition_id: partition.partitionId,
            messages: partition.messages,
            inflight: partition.inflight,
            leader_node: partition.leaderNode,
            replica_nodes: partition.replicaNodes,
            is_healthy: partition.isHealthy,
          },
        ]),
      ),
    },
  ]);
  // fromEntries defines own properties, so a topic called "__proto__" stays a topic.
  return {
    global_stats: countsView(stats.global),
    topic_stats: Object.fromEntries(topics) as Record<string, unknown>,
  };
}

function countsView(counts: Counts): Record<string, number> {
  return {
    total_messages: counts.totalMessages,
    inflight_messages: counts.inflightMessages,
    dlq_messages: counts.dlqMessages,
    total_enqueues: counts.totalEnqueues,
    total_pops: counts.totalPops,
    total_acks: counts.totalAcks,
    total_nacks: counts.totalNacks,
    total_retries: counts.totalRetries,
    total_timeouts: counts.totalTimeouts,
  };
}
