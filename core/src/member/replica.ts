// One group on this node: its Raft replica, its machine, and what only the leader keeps in memory
// (never replicated): queued intents, who waits for which entry, standing credits, interests. Which states are legal
// between two steps of a group that is not stopped here (`assertInvariants`):
//   REP1 `queueBytes` are the bytes of the requests in `queue`;
//   REP2 `proposedBytes` are bytes of the present leadership's entries, of the term that is `proposedTerm`;
//   REP3 who serves, leads, and has committed an entry of its term;
//   REP4 only a leader has queued intents, reads, standing credits, interests or digests;
//   REP5 what waits for a persist waits in the order of the persists.

import { assert, broken } from "../lib/assert.js";
import type { LogIndex, Member, Term } from "../lib/brands.js";
import type { ClusterMachine } from "../cluster/cluster.js";
import type { Partition } from "../delivery/partition.js";
import { SequenceTable } from "../lib/sequence-table.js";
import type { StreamName } from "../lib/stream-name.js";
import { InHand, type RequestName } from "./in-hand.js";
import type { RaftGroup } from "../raft/group.js";
import type { GrantedLease, PeerMessage, RequestAction } from "../wire/messages.js";

/** Whom the result of an intent concerns. */
export type Origin =
  | { readonly type: "none" }
  | (RequestName & {
      readonly type: "request";
      readonly attempt: number;
      /** A repeat changes nothing: it stands in `inHand` until it is answered. */
      readonly isRepeatable?: boolean;
      /** Partitions of the topic that it makes; absent: it makes none. */
      readonly creates?: number;
      /** The stream of its edge that it closes; absent: none. */
      readonly closes?: number | undefined;
    })
  | (StreamName & {
      readonly type: "grant";
      readonly round: number;
      readonly isStanding: boolean;
      readonly serial: number;
      readonly visibilityMs: number;
    });

export interface QueuedIntent {
  readonly intent: Uint8Array;
  readonly origin: Origin;
  readonly isEnqueue: boolean;
  /** It makes a message ready that was leased. */
  readonly isReturn?: boolean;
  /** Not a client's: requests of clients cannot keep it out of a full queue. */
  readonly isOwnWork?: boolean;
  /** Places of an entry that it takes. */
  readonly rows: number;
  /** How many leases it may take. */
  readonly leases: number;
  /** When a request's intent came into the queue: monotonic time of that turn. */
  readonly sinceUs?: number;
}

interface ProposedEntry {
  readonly term: Term;
  readonly origins: readonly Origin[];
  readonly bytes: number;
}

export interface StandingCredits extends StreamName {
  round: number;
  n: number;
  visibilityMs: number;
  serial: number;
  seenMs: number;
}

interface Interest extends StreamName {
  readonly count: number;
  readonly untilMs: number;
}

export interface PendingRead extends RequestName {
  readonly attempt: number;
  readonly action: RequestAction;
  /** Set once confirmed: serve when applied. */
  index: LogIndex;
}

/** Leases that an edge is to be told of, as far as it was not (D-22). */
export interface PendingDigest extends StreamName {
  /** 0: all streams of the edge. */
  readonly stream: number;
  /** Answered even when there is nothing to tell. */
  readonly isAsked: boolean;
  /** Row by row; undefined: one of which nothing is to be told. */
  readonly walk: Iterator<GrantedLease | undefined, undefined>;
  /** Not sent yet. */
  leases: GrantedLease[];
  isBegun: boolean;
  /** Runs when all is told. */
  readonly then: (() => void) | undefined;
}

/** A message that waits for the group's persist with this seq. */
interface HeldMessage {
  readonly seq: number;
  readonly peer: Member;
  readonly message: PeerMessage;
}

/** The machine of a group, with what the node needs to know of a partition's. */
export type GroupMachine =
  | { readonly kind: "cluster"; readonly cluster: ClusterMachine }
  | {
      readonly kind: "partition";
      readonly partition: Partition;
      readonly topic: string;
      readonly partitionId: number;
    };

export class Replica {
  readonly raft: RaftGroup;
  readonly machine: GroupMachine;
  /** Leader whose own term's first entry is applied here: it answers and proposes. */
  isServing = false;
  /** The broken invariant that stopped this replica on this node (D-40). */
  stoppedBecause: string | undefined;
  /**
   * Why this node cannot apply the group's next entry (D-89). Its Raft goes on, without campaigning: the
   * log is sound, and a version that understands the entry goes on from it.
   */
  machineStoppedBecause: string | undefined;
  /** Its topic was deleted: whatever still holds it leaves it alone. */
  isRemoved = false;
  isFetchingForApply = false;
  held: HeldMessage[] = [];
  /** What was committed since the last apply; 0: nothing. */
  newCommit: LogIndex = 0;
  queue: QueuedIntent[] = [];
  /** Of the requests among them; what the leader adds itself is small. */
  queueBytes = 0;
  /** Bytes of the entries in `proposed` that are of the present leadership, which is that of `proposedTerm`. */
  proposedBytes = 0;
  proposedTerm: Term = 0;
  readonly inHand = new InHand();
  readonly proposed = new SequenceTable<ProposedEntry>();
  /** Index of the newest entry with grants that this leader proposed. */
  lastGrantIndex: LogIndex = 0;
  /** Messages that turn ready by then have grants on their way. */
  grantedUpToMs = 0;
  lastTickIndex: LogIndex = 0;
  /** When the newest tick was proposed, by this node's monotonic clock. */
  tickedMs = -Infinity;
  /** When the next timer is due on this node's monotonic clock; Infinity: never. Set by DueGroups. */
  dueMs = Infinity;
  readonly standing = new Map<string, StandingCredits>();
  standingTurn = 0;
  readonly interests = new Map<string, Interest>();
  /** When idle credits and interests were last looked through. */
  purgedMs = 0;
  readonly reads = new Map<number, PendingRead>();
  confirmedReads: PendingRead[] = [];
  digests: PendingDigest[] = [];

  constructor(raft: RaftGroup, machine: GroupMachine) {
    this.raft = raft;
    this.machine = machine;
  }

  get id(): number {
    return this.raft.id;
  }

  hold(held: HeldMessage): void {
    const before = this.held.at(-1)?.seq ?? 0;
    assert(held.seq >= before, "REP5: messages wait for persists in their order");
    this.held.push(held);
  }

  /** In constant time; messages are made only to be thrown, since every step of every group comes here. */
  assertInvariants(): void {
    const { raft, queue, queueBytes, proposedBytes, proposedTerm } = this;
    if (queueBytes < 0 || (queue.length === 0 && queueBytes > 0)) {
      broken(`REP1: ${queueBytes} bytes are counted in a queue of ${queue.length}`);
    }
    const isOfTerm = raft.isLeader && proposedTerm === raft.term;
    if (proposedBytes < 0 || (proposedBytes > 0 && !isOfTerm)) {
      broken(
        `REP2: a ${raft.role} of ${raft.term} counts ${proposedBytes} bytes of ${proposedTerm}`,
      );
    }
    if (this.isServing && !raft.isReady) broken(`REP3: a ${raft.role} serves and is not ready`);
    if (raft.isLeader) return;
    const asked = this.reads.size + this.confirmedReads.length;
    const told = this.standing.size + this.interests.size + this.digests.length;
    if (queue.length + asked + told > 0) {
      broken(
        `REP4: a ${raft.role} has ${queue.length} intents, ${asked} reads, ${told} of streams`,
      );
    }
  }
}
