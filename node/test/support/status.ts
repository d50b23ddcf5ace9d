import type { Census, Counts, GroupStatus, NodeStatus } from "@disheap/core";

export const NO_COUNTS: Counts = {
  totalMessages: 0,
  inflightMessages: 0,
  dlqMessages: 0,
  totalEnqueues: 0,
  totalPops: 0,
  totalAcks: 0,
  totalNacks: 0,
  totalRetries: 0,
  totalTimeouts: 0,
};

export const NO_CENSUS: Census = {
  groups: 0,
  touched: 0,
  due: 0,
  standing: 0,
  interests: 0,
  queued: 0,
  proposed: 0,
  reads: 0,
  digests: 0,
  streams: 0,
  handled: 0,
  sessions: 0,
  requests: 0,
  hints: 0,
  logReads: 0,
};

export function group(number: number, part: Partial<GroupStatus> = {}): GroupStatus {
  return {
    group: number,
    role: "follower",
    term: 3,
    leader: "n2",
    lastIndex: 12,
    lastTerm: 3,
    commitIndex: 11,
    appliedIndex: 10,
    appliedTerm: 3,
    held: { logBytes: 1, logTableBytes: 2, queuedBytes: 3, proposedBytes: 4 },
    voters: ["n1", "n2", "n3"],
    ...part,
  };
}

export function nodeStatus(part: Partial<NodeStatus> = {}): NodeStatus {
  return {
    node: "n1",
    clusterId: "00000000000000aa",
    incarnation: 1,
    isReady: true,
    waitsFor: undefined,
    refusals: [],
    members: [1, 2, 3].map((n) => ({ name: `n${n}`, address: `127.0.0.1:830${n - 1}` })),
    groups: [group(0)],
    budgets: [],
    topics: ["jobs"],
    openStreams: 0,
    pendingRequests: 0,
    metrics: {
      turns: 0,
      events: 0,
      diskBatches: 0,
      diskBatchBytes: 0,
      framesSent: 0,
      framesReceived: 0,
      framesRefused: 0,
      entriesApplied: 0,
      leaderChanges: 0,
      releasesGivenUp: 0,
      grantsLate: 0,
    },
    ...part,
  };
}
