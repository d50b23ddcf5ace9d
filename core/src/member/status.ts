// What a node shows of itself to operators: a plain snapshot, made on demand, free of references
// into the machines. Counts of a partition are those of the local replica at its applied index.

import type { LogIndex, Term } from "../lib/brands.js";
import type { BudgetUse } from "./budgets.js";
import type { Counts, Mode } from "../contract/api.js";

export type RaftRole = "leader" | "follower" | "candidate" | "stopped";

/** What one replica holds in memory beside the messages that wait. */
export interface HeldByGroup {
  readonly logBytes: number;
  readonly logTableBytes: number;
  readonly queuedBytes: number;
  readonly proposedBytes: number;
  /** Absent for the meta group: producers whose sequences are remembered, and bytes for them. */
  readonly producers?: number;
  readonly producerBytes?: number;
}

export interface GroupStatus {
  /** 0 is the meta group. */
  readonly group: number;
  /** Absent for the meta group. */
  readonly topic?: string;
  readonly partition?: number;
  readonly mode?: Mode;
  readonly role: RaftRole;
  readonly term: Term;
  /** Member name of the leader this node believes in; empty when unknown. */
  readonly leader: string;
  readonly lastIndex: LogIndex;
  readonly lastTerm: Term;
  readonly commitIndex: LogIndex;
  readonly appliedIndex: LogIndex;
  /** Term of the entry at `appliedIndex`; 0 before the first. */
  readonly appliedTerm: number;
  /** Member names. */
  readonly voters: readonly string[];
  readonly held: HeldByGroup;
  /** Absent for the meta group. */
  readonly counts?: Counts;
  /** Sentence of the broken invariant, when the group was stopped on this node. */
  readonly stoppedBecause?: string;
}

export interface HostMetrics {
  /** Monotonic counters since the process started. */
  readonly turns: number;
  readonly events: number;
  readonly diskBatches: number;
  readonly diskBatchBytes: number;
  readonly framesSent: number;
  readonly framesReceived: number;
  readonly framesRefused: number;
  readonly entriesApplied: number;
  readonly leaderChanges: number;
  /** Grants to streams that are open, whose lease was over when they came (D-25). */
  readonly grantsLate: number;
  /** Releases and closes of streams that this node gave up, since no leader took them in. */
  readonly releasesGivenUp: number;
}

export interface NodeStatus {
  readonly node: string;
  /** 16 hex digits, the same on every member; empty before the cluster is formed. */
  readonly clusterId: string;
  /** Counts the starts of this node on this store; part of every frame. */
  readonly incarnation: number;
  /** True once the store is read, verified and the node takes part. */
  readonly isReady: boolean;
  /** While it is not: what the start of this node waits for, for people. */
  readonly waitsFor: string | undefined;
  /** Links between this node and others that were refused lately, with what to do, for people. */
  readonly refusals: readonly string[];
  readonly members: readonly { readonly name: string; readonly address: string }[];
  readonly groups: readonly GroupStatus[];
  /** What clients made it hold, beside what they may (D-92). */
  readonly budgets: readonly BudgetUse[];
  /** All topics of the cluster that this node has heard of, also those it holds no part of. */
  readonly topics: readonly string[];
  readonly openStreams: number;
  readonly pendingRequests: number;
  readonly metrics: HostMetrics;
}
