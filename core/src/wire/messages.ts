// What nodes say to each other. Raft messages name group, replica incarnation and term; host messages
// carry requests, grants and candidates. One frame per peer and turn holds many messages of many
// groups (wire/frames.ts). A message to the own node skips the bytes and is handed over as it is.

import type { LogIndex, Member, Term } from "../lib/brands.js";
import type { ErrorCode, ProducerTriple } from "../contract/api.js";
import type { LeaseName } from "../lib/lease-name.js";
import type { StreamOfEdge } from "../lib/stream-name.js";
import type { FormationNews } from "./formation-news.js";
import type { Id64 } from "./identity-record.js";

/** Group and replica incarnation: stale replicas cannot take part (D-50). */
interface ToGroup {
  readonly group: number;
  readonly incarnation: number;
}

/** A campaign that changes nothing at the granter; `term` is the requested one. */
export interface PreVote extends ToGroup {
  readonly kind: "pre-vote";
  readonly term: Term;
  readonly token: number;
  readonly lastIndex: LogIndex;
  readonly lastTerm: Term;
}

export interface PreVoteReply extends ToGroup {
  readonly kind: "pre-vote.reply";
  /** The requested term. */
  readonly term: Term;
  readonly token: number;
  readonly granted: boolean;
  /** The granter's own term. */
  readonly ownTerm: Term;
}

export interface Vote extends ToGroup {
  readonly kind: "vote";
  readonly term: Term;
  readonly lastIndex: LogIndex;
  readonly lastTerm: Term;
  /** The leader itself asked for this campaign: a voter that hears a leader grants it all the same. */
  readonly isTransfer: boolean;
}

export interface VoteReply extends ToGroup {
  readonly kind: "vote.reply";
  readonly term: Term;
  readonly granted: boolean;
}

/** The leader of `term` hands over: the receiver campaigns at once, without asking first (D-90). */
export interface TimeoutNow extends ToGroup {
  readonly kind: "timeout-now";
  readonly term: Term;
}

/** A block and how many of its entries count: a truncation may have cut its tail. */
export interface SentBlock {
  readonly bytes: Uint8Array;
  readonly use: number;
}

export interface Append extends ToGroup {
  readonly kind: "append";
  readonly term: Term;
  /** Counts the appends of this leadership to this follower, from 1: a gap shows (D-90). */
  readonly seq: number;
  /** The first of a run: none before it is missed. */
  readonly isStart: boolean;
  readonly prevIndex: LogIndex;
  readonly prevTerm: Term;
  readonly commit: LogIndex;
  readonly blocks: readonly SentBlock[];
}

/** An append was not looked at; it names back what the append said and vouches for nothing (D-90). */
export interface AppendUntaken extends ToGroup {
  readonly kind: "append.untaken";
  readonly term: Term;
  readonly seq: number;
  /** The number that should have come; 0: this node cannot take an append of this group now. */
  readonly next: number;
}

export interface AppendReply extends ToGroup {
  readonly kind: "append.reply";
  readonly term: Term;
  /** Of the append that this answers. */
  readonly seq: number;
  readonly accepted: boolean;
  /** Accepted: the durable matched index. Refused: where the leader should try next. */
  readonly index: LogIndex;
  /** The prevIndex this answers, so that a late refusal is recognised. */
  readonly prevIndex: LogIndex;
  readonly wallMs: number;
}

export interface BeatItem extends ToGroup {
  readonly term: Term;
  /** min(commit, what this follower matched) (D-58). */
  readonly commit: LogIndex;
}

/** One per node pair and beat: all groups the sender leads. */
export interface Beat {
  readonly kind: "beat";
  readonly round: number;
  /** The sender's disk is stalled: it is there, and vouches for nothing (D-90). */
  readonly isStalled: boolean;
  readonly items: readonly BeatItem[];
}

export interface BeatReplyItem extends ToGroup {
  readonly term: Term;
  /** True: follows the sender in that term. */
  readonly accepted: boolean;
  /** The follower has not validated its log up to the beat's commit: probe it. */
  readonly needsProbe: boolean;
}

export interface BeatReply {
  readonly kind: "beat.reply";
  /** The round that is vouched for; 0: none, because a disk on either side is stalled (D-90). */
  readonly round: number;
  readonly wallMs: number;
  /** The replier's disk is stalled: it can take no leadership now. */
  readonly isStalled: boolean;
  readonly items: readonly BeatReplyItem[];
}

/** Is this life of the member's process still there (D-88)? Only that very life answers. */
export interface Ping {
  readonly kind: "ping" | "pong";
  readonly token: number;
  readonly nonce: Id64;
}

export type RaftMessage =
  PreVote | PreVoteReply | Vote | VoteReply | TimeoutNow | Append | AppendReply | AppendUntaken;

/** Why a request goes to a group's leader. */
export type RequestAction =
  /** Put the intent into the log; answer at apply. */
  | { readonly type: "propose"; readonly intent: Uint8Array }
  /** A repeat of a proposal without its payload: is it in hand? */
  | { readonly type: "repeat" }
  /** Answer with the read index once it is confirmed. */
  | { readonly type: "barrier" }
  | { readonly type: "read.counts" }
  | { readonly type: "read.peek"; readonly limit: number; readonly includeDlq: boolean };

export interface Request {
  readonly kind: "request";
  readonly edgeIncarnation: number;
  readonly requestId: number;
  /** Counts the sends of this request; the reply names the one it answers. */
  readonly attempt: number;
  /** A second copy of the same attempt must not be proposed: the intent is not idempotent. */
  readonly isOnce: boolean;
  readonly group: number;
  readonly action: RequestAction;
}

/** How a forwarded request ended (D-11). */
export type ReplyOutcome =
  /** Applied or read: the machine's answer. */
  | { readonly type: "done"; readonly index: LogIndex; readonly body: Uint8Array }
  /** Decided and refused; nothing changed. */
  | { readonly type: "refused"; readonly code: ErrorCode; readonly message: string }
  /** Surely not proposed, or overwritten: may be sent again. `leader` is a hint, 0 unknown. */
  | { readonly type: "surely-not"; readonly leader: Member }
  /** The group is not known here (yet). */
  | { readonly type: "unknown-group" }
  /** It is queued or proposed already, and will be answered. */
  | { readonly type: "in-hand" }
  /** Asked without its payload, and not in hand: send it whole. It may have been applied long ago. */
  | { readonly type: "not-in-hand" };

export interface Reply {
  readonly kind: "reply";
  readonly edgeIncarnation: number;
  readonly requestId: number;
  readonly attempt: number;
  readonly outcome: ReplyOutcome;
}

/** Asks for grants: standing credits (one partition, D-6) or one bounded round (several). */
export interface GrantRequest extends StreamOfEdge {
  readonly kind: "grant.request";
  readonly group: number;
  readonly round: number;
  readonly n: number;
  readonly visibilityMs: number;
  readonly isStanding: boolean;
  readonly bound: { readonly hi: number; readonly lo: number } | undefined;
  /** Counts the requests of this stream; echoed, so that the edge knows how old a grant can be. */
  readonly serial: number;
}

export interface GrantedItem extends LeaseName {
  readonly attempts: number;
  readonly maxRetries: number;
  readonly priorityHi: number;
  readonly priorityLo: number;
  readonly enqueuedMs: number;
  readonly deadlineMs: number;
  /** Length of the lease; the edge counts it from when it sent the echoed request (D-25). */
  readonly leaseMs: number;
  readonly mac: Uint8Array;
  readonly payload: Uint8Array;
  readonly producer: ProducerTriple | undefined;
}

/** Answer to a grant request, at apply or as a status of standing credits. */
export interface Granted extends StreamOfEdge {
  readonly kind: "granted";
  readonly group: number;
  readonly term: Term;
  readonly round: number;
  /** What the round was granted in all, in the applied state. */
  readonly grantedInRound: number;
  /** Log index of the grant's entry; 0 for a status. */
  readonly index: LogIndex;
  /** `final`: nothing more comes for this one-shot round. `closed`: the topic is being deleted. */
  readonly state: "more" | "final" | "closed" | "not-leader";
  /** The newest request of this stream that the leader had seen when it proposed the grant. */
  readonly serial: number;
  readonly items: readonly GrantedItem[];
}

/** Of so many candidates a leader tells at most, whoever asks for more. */
export const CANDIDATES_MAX = 1024;

/** Asks a partition's leader for its best candidates. */
export interface Ask extends StreamOfEdge {
  readonly kind: "ask";
  readonly group: number;
  readonly serial: number;
  readonly count: number;
}

/** Candidates as run lengths, best first; `hasMore` when ready messages are left beyond them. */
export interface Ladder extends StreamOfEdge {
  readonly kind: "ladder";
  readonly group: number;
  /** The serial of the ask; 0 when pushed because something turned ready. */
  readonly serial: number;
  readonly state: "ok" | "not-leader" | "closed";
  readonly leader: Member;
  readonly rungs: readonly { readonly hi: number; readonly lo: number; readonly count: number }[];
  readonly hasMore: boolean;
}

/** A lease and the grant that it came by. */
export interface GrantedLease extends LeaseName {
  readonly stream: number;
  readonly round: number;
  /** Log index of the entry that granted it. */
  readonly grantIndex: LogIndex;
}

/** A new leader, or one that was asked, names the leases an edge holds (D-22). */
export interface Digest extends StreamOfEdge {
  readonly kind: "digest";
  readonly group: number;
  /** The stream it was asked for; 0: all streams of the edge, after a failover. */
  readonly stream: number;
  /** Nothing follows of what the leader has to tell. */
  readonly isLast: boolean;
  readonly leases: readonly GrantedLease[];
}

/** The edge has lost sight of some grants: send the digest of this stream. */
export interface DigestRequest extends StreamOfEdge {
  readonly kind: "digest.request";
  readonly group: number;
}

export type HostMessage =
  Request | Reply | GrantRequest | Granted | Ask | Ladder | Digest | DigestRequest;

export type PeerMessage = RaftMessage | Beat | BeatReply | Ping | FormationNews | HostMessage;
