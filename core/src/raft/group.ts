// One Raft replica: its state, its persistence and what other files of this folder share. The step
// functions live beside it: election.ts, replication.ts, reads.ts. Everything is synchronous; what has to be
// done outside of it (sends, persists, reads of the disk, news of the role) is appended to `outputs`. Invariants:
//   R1 one vote per term, kept across restarts: term and vote are one record;
//   R4 commitIndex <= lastIndex, and what is applied is committed and durable here;
//   R6 term and commitIndex never fall;
//   R12 durableIndex counts what is synced; a truncation lowers it when it is *issued* (raft-D1).
// Which states are legal between two steps, when the outputs are carried out (`assertInvariants`):
//   GRP1 the vote is a voter's, who is synced is not ahead of what is in memory, and no log is of a later term;
//   GRP2 applied <= committed <= last, applied and durable <= last, applied <= durable, validated <= last;
//   GRP3 a leader leads itself by its own vote; a candidate has its own vote and no leader, a pre-candidate no
//      leader; no follower names itself;
//   GRP4 only a leader is ready, hands over, has reads waiting or appends in flight; ready is who has committed an
//      entry of the own term;
//   GRP5 a leader knows of every other voter, and its log ends in its own term;
//   GRP6 each persist that was issued and is not durable is remembered, in order; what nothing is to be written of
//      stands in the last of them, or is durable.

import type { LogIndex, Member, Term } from "../lib/brands.js";
import { assert, broken } from "../lib/assert.js";
import type { Crc32 } from "../lib/crc32.js";
import { hash32 } from "../lib/hash.js";
import type { Block } from "../wire/blocks.js";
import type { HardState } from "../wire/disk-records.js";
import type { PeerMessage } from "../wire/messages.js";
import { majorityReached } from "../lib/majority.js";
import { WALL_MAX_MS } from "../lib/wall-max.js";
import type { AppendWindow } from "./append-window.js";
import { nextStampMs } from "./group-time.js";
import { RaftLog } from "./log.js";
import { Outputs } from "./outputs.js";
import { Progress, type Handover } from "./progress.js";
import type { Role } from "./role.js";

/** Timing in ticks and limits in counts, from the host's configuration. */
export interface RaftSettings {
  readonly electionTicksMin: number;
  readonly electionTicksSpread: number;
  readonly checkQuorumTicks: number;
  /** Ticks until an unanswered probe is sent again. */
  readonly probeTicks: number;
  /** Ticks without an acknowledgement after which a follower is asked what it missed: the last resort. */
  readonly askTicks: number;
  readonly appendBlocksMax: number;
  readonly appendBytesMax: number;
  readonly inflightAppendsMax: number;
}

/** What a replica asks of its host: facts of the moment. Nothing here has an effect; those are its outputs. */
export interface RaftHost {
  /** Of log blocks; production brings a native one. */
  readonly crc: Crc32;
  /** Time of the turn, in milliseconds. */
  monotonicMs(): number;
  wallMs(): number;
  /** The link to the peer takes appends now: it is neither down nor full. */
  isOpen(peer: Member): boolean;
  /** What is on its way to the peer, of all groups. */
  appendWindow(peer: Member): AppendWindow;
  /** A write of this node has been out for too long (D-29): it neither campaigns nor helps others to. */
  isDiskStalled(): boolean;
  /** It has been out for longer than its bytes explain: the disk makes no progress. */
  isDiskStuck(): boolean;
}

/** A read at `index`, valid once a majority vouched for `round` (D-57); `read` is the host's number for it. */
interface UnconfirmedRead {
  readonly index: LogIndex;
  readonly round: number;
  readonly read: number;
}

/** What one batch must write for the group. */
interface PendingWrite {
  readonly blocks: readonly Block[];
  readonly deletedFirsts: readonly LogIndex[];
  readonly hardState: HardState;
  readonly seq: number;
}

export class RaftGroup {
  readonly id: number;
  readonly incarnation: number;
  readonly self: Member;
  readonly voters: readonly Member[];
  readonly settings: RaftSettings;
  readonly host: RaftHost;
  /** What the steps ask of the owner, who carries it out after each (outputs.ts). */
  readonly outputs: Outputs;
  readonly log: RaftLog;

  term: Term = 0;
  vote: Member = 0;
  role: Role = "follower";
  /** Member number, 0 unknown. */
  leader: Member = 0;
  commitIndex: LogIndex = 0;
  appliedIndex: LogIndex = 0;
  /** Highest index validated by an append of the current term's leader (D-58). */
  validatedIndex: LogIndex = 0;
  /** Number of the append that the current term's leader should send next. */
  nextAppendSeq = 1;

  // Persistence (D-52): seq counts this group's persists; `issued` are in the batch in flight.
  issuedSeq = 0;
  durableSeq = 0;
  durableIndex: LogIndex = 0;
  truncSeq = 0;
  /** How often the log was cut: what was below its end before is there still while this stands. */
  cuts = 0;
  isDirty = false;
  private dirtyBlocks: Block[] = [];
  private deletedFirsts: LogIndex[] = [];
  private issued: { seq: number; lastIndex: LogIndex; term: Term; vote: Member }[] = [];
  /** Term and vote as last synced; a vote counts only from here. */
  durableTerm: Term = 0;
  durableVote: Member = 0;

  // Elections.
  electionTicks = 0;
  /** For how many ticks the leader of this term has said that its disk stands still; 0: it does not (D-90). */
  leaderStalledTicks = 0;
  electionTimeout: number;
  campaignToken = 0;
  votes = new Set<Member>();
  private readonly jitterSeed: number;

  // Leadership.
  progress = new Map<Member, Progress>();
  /** Index of the leader's first entry of its term. */
  termStartIndex: LogIndex = 0;
  isReady = false;
  quorumTicks = 0;
  private readonly bornMs: number;
  /** A hand-over under way (handover.ts): nothing new is proposed. */
  handover: Handover | undefined;
  private stampBaseMs = 0;
  private stampFromMonoMs = 0;
  /** True for a group that was just created here and whose preferred leader is this node. */
  isEager = false;
  /** Reads that wait for a quorum to vouch (reads.ts). */
  pendingReads: UnconfirmedRead[] = [];

  constructor(options: {
    readonly id: number;
    readonly incarnation: number;
    readonly self: Member;
    readonly voters: readonly Member[];
    readonly settings: RaftSettings;
    readonly host: RaftHost;
    readonly jitterSeed: number;
    /** Where the group's time begins (D-18): no clock that comes late can push it from before. */
    readonly bornMs: number;
    /** Shared with the other groups of the node. */
    readonly outputs?: Outputs;
    /** What the disk held; a new group starts without. */
    readonly log?: RaftLog;
  }) {
    this.id = options.id;
    this.log = options.log ?? new RaftLog();
    this.incarnation = options.incarnation;
    this.bornMs = options.bornMs;
    this.self = options.self;
    this.voters = options.voters;
    this.settings = options.settings;
    this.host = options.host;
    this.outputs = options.outputs ?? new Outputs();
    this.jitterSeed = options.jitterSeed;
    this.electionTimeout = this.drawElectionTimeout();
  }

  get quorum(): number {
    return Math.floor(this.voters.length / 2) + 1;
  }

  get isLeader(): boolean {
    return this.role === "leader";
  }

  /** hash(seed, node, group, term): nothing is drawn in order (D-61). */
  drawElectionTimeout(): number {
    const { electionTicksMin, electionTicksSpread } = this.settings;
    const h = hash32(this.jitterSeed, this.self, this.id, this.term, this.campaignToken);
    return electionTicksMin + (h % (electionTicksSpread + 1));
  }

  /** Restores what the disk held; everything in it is durable. */
  restoreHardState(state: HardState): void {
    this.term = state.term;
    this.vote = state.vote;
    this.durableTerm = state.term;
    this.durableVote = state.vote;
    this.durableIndex = this.log.lastIndex;
    this.electionTimeout = this.drawElectionTimeout();
  }

  // --- persistence -------------------------------------------------------------------------------

  /** The seq that covers everything changed so far: what a reply that vouches must wait for. */
  get dependsOnSeq(): number {
    return this.isDirty ? this.issuedSeq + 1 : this.issuedSeq;
  }

  private dirty(): void {
    if (this.isDirty) return;
    this.isDirty = true;
    this.outputs.persist();
  }

  /** Sends what vouches for the term, the vote or the log: not before they are synced (D-52). */
  sendAfterPersist(peer: Member, message: PeerMessage): void {
    this.outputs.sendAfterPersist(peer, message, this.dependsOnSeq);
  }

  commitTo(index: LogIndex): void {
    this.commitIndex = index;
    this.outputs.committed(index);
  }

  setTerm(term: Term, vote: Member): void {
    assert(
      term > this.term || (term === this.term && (this.vote === 0 || this.vote === vote)),
      `R1: term ${this.term} vote ${this.vote} cannot become term ${term} vote ${vote}`,
    );
    if (term > this.term) {
      this.validatedIndex = 0;
      this.nextAppendSeq = 1;
      this.leaderStalledTicks = 0;
    }
    this.term = term;
    this.vote = vote;
    this.dirty();
  }

  /** Appends or overwrites with a block that counts up to `last`. `cutFrom` is set on a conflict. */
  putBlock(block: Block, last: LogIndex, cutFrom: LogIndex | undefined): void {
    if (cutFrom !== undefined) {
      assert(
        cutFrom > this.commitIndex,
        `R4: committed ${this.commitIndex} must not be cut at ${cutFrom}`,
      );
      this.durableIndex = Math.min(this.durableIndex, cutFrom - 1);
      this.truncSeq = this.issuedSeq + 1;
      this.cuts += 1;
    }
    const deleted = this.log.put(block, last);
    // A block that this batch was going to write and that is now gone is not written at all.
    this.dirtyBlocks = this.dirtyBlocks.filter((b) => b.first < block.first);
    this.dirtyBlocks.push(block);
    this.deletedFirsts.push(...deleted);
    this.dirty();
  }

  /** Takes what the next batch must hold; the host submits it and reports `persisted(seq)`. */
  takeWrite(): PendingWrite {
    assert(this.isDirty, `R12: group ${this.id} must be dirty to be written`);
    this.issuedSeq += 1;
    const { lastIndex, lastTerm } = this.log;
    const hardState = { term: this.term, vote: this.vote, lastIndex, lastTerm };
    this.issued.push({
      seq: this.issuedSeq,
      lastIndex: this.log.lastIndex,
      term: this.term,
      vote: this.vote,
    });
    const write = {
      blocks: this.dirtyBlocks,
      deletedFirsts: this.deletedFirsts,
      hardState,
      seq: this.issuedSeq,
    };
    this.dirtyBlocks = [];
    this.deletedFirsts = [];
    this.isDirty = false;
    return write;
  }

  /** The batch with `seq` is synced. Completions come in order (the host asserts it, D-40). */
  persisted(seq: number): void {
    const done = this.issued.shift();
    assert(
      done !== undefined && done.seq === seq,
      `R12: persists of group ${this.id} must complete in order`,
    );
    this.durableSeq = seq;
    this.durableTerm = done.term;
    this.durableVote = done.vote;
    if (seq >= this.truncSeq) this.durableIndex = done.lastIndex;
    assert(
      this.durableIndex <= this.log.lastIndex,
      `R12: durable ${this.durableIndex} must be in the log`,
    );
  }

  /** Throws when the state is not legal. `blocks`: how many of the newest of the log are looked at; 0: none held. */
  assertInvariants(blocks = Infinity): void {
    const { term, vote, log } = this;
    if (vote !== 0 && !this.voters.includes(vote)) broken(`GRP1: n${vote} is no voter`);
    const isAhead = this.durableTerm > term || log.lastTerm > term;
    if (isAhead) {
      broken(
        `GRP1: term ${term} is behind a synced ${this.durableTerm} or a log of ${log.lastTerm}`,
      );
    }
    const isRevoked =
      this.durableTerm === term && this.durableVote !== 0 && this.durableVote !== vote;
    if (isRevoked) broken(`GRP1: the vote for n${this.durableVote} is synced, not for n${vote}`);
    this.assertIndices();
    this.assertRole();
    this.assertPersists();
    log.assertInvariants(blocks);
    if (!this.isLeader) return;
    for (const p of this.progress.values()) {
      p.assertInvariants(log.lastIndex, this.settings.inflightAppendsMax);
    }
  }

  private assertIndices(): void {
    const {
      appliedIndex: applied,
      commitIndex: commit,
      durableIndex: durable,
      validatedIndex,
    } = this;
    const { lastIndex } = this.log;
    const inOrder =
      applied <= commit && applied <= durable && Math.max(commit, durable) <= lastIndex;
    if (inOrder && validatedIndex <= lastIndex) return;
    const found = `applied ${applied}, committed ${commit}, durable ${durable}, log to ${lastIndex}`;
    broken(`GRP2: ${found}, validated ${validatedIndex}`);
  }

  private assertRole(): void {
    const { role, self, term, log } = this;
    if (!this.follows()) {
      broken(`GRP3: a ${role} of term ${term} follows n${this.leader} and voted for n${this.vote}`);
    }
    if (role === "leader") {
      assert(
        !this.isReady || this.commitIndex >= this.termStartIndex,
        "GRP4: ready before a commit",
      );
      const knows = this.progress.size === this.voters.length - 1 && !this.progress.has(self);
      if (!knows) broken(`GRP5: a leader knows of ${this.progress.size} others`);
      const isOwn = log.lastTerm === term && log.termAt(this.termStartIndex) === term;
      if (!isOwn) broken(`GRP5: the log of the leader of ${term} ends in term ${log.lastTerm}`);
      return;
    }
    let flights = 0;
    for (const p of this.progress.values()) flights += p.inflight.length;
    const isIdle = !this.isReady && this.handover === undefined && this.pendingReads.length === 0;
    if (!isIdle || flights > 0) broken(`GRP4: a ${role} has what only a leader has`);
  }

  /** Whom its role lets it follow, and have voted for (GRP3). */
  private follows(): boolean {
    const { role, leader, self, vote } = this;
    if (role === "leader") return leader === self && vote === self;
    if (role === "candidate") return leader === 0 && vote === self;
    return role === "pre-candidate" ? leader === 0 : leader !== self;
  }

  private assertPersists(): void {
    const { issued, issuedSeq, durableSeq, log } = this;
    let inOrder = true;
    for (let i = 0; i < issued.length; i += 1) inOrder &&= issued[i].seq === durableSeq + 1 + i;
    const isWhole =
      inOrder && issued.length === issuedSeq - durableSeq && this.truncSeq <= issuedSeq + 1;
    if (!isWhole) broken(`GRP6: ${issued.length} persists are out, ${durableSeq} to ${issuedSeq}`);
    if (this.isDirty) return;
    const newest = issued.at(-1);
    const isWritten =
      (newest?.term ?? this.durableTerm) === this.term &&
      (newest?.vote ?? this.durableVote) === this.vote &&
      (newest?.lastIndex ?? this.durableIndex) === log.lastIndex;
    const isEmpty = this.dirtyBlocks.length === 0 && this.deletedFirsts.length === 0;
    if (isWritten && isEmpty) return;
    broken(`GRP6: group ${this.id} has something to write and does not say so`);
  }

  // --- time --------------------------------------------------------------------------------------

  /** Time goes on from the log's last stamp, counted from the moment of taking over (D-18). */
  startTime(): void {
    this.stampBaseMs = Math.max(Math.min(this.bornMs, WALL_MAX_MS), this.log.lastStampMs);
    this.stampFromMonoMs = this.host.monotonicMs();
  }

  /** The stamp of an entry proposed now. */
  stampNowMs(): number {
    const monoMs = this.host.monotonicMs();
    const stamp = nextStampMs(
      this.stampBaseMs,
      monoMs - this.stampFromMonoMs,
      this.majorityWallMs(),
    );
    this.stampBaseMs = stamp;
    this.stampFromMonoMs = monoMs;
    return stamp;
  }

  majorityWallMs(): number {
    return majorityReached(
      this.voters.map((v) =>
        v === this.self ? this.host.wallMs() : (this.progress.get(v)?.wallMs ?? 0),
      ),
    );
  }

  // --- roles -------------------------------------------------------------------------------------

  sayRole(): void {
    this.outputs.roleChanged(this.term, this.role, this.leader);
  }

  becomeFollower(term: Term, leader: Member): void {
    const wasLeader = this.isLeader;
    if (term > this.term) this.setTerm(term, 0);
    const changed = this.role !== "follower" || this.leader !== leader || wasLeader;
    if (wasLeader) this.letGo();
    this.role = "follower";
    this.leader = leader;
    this.isReady = false;
    this.handover = undefined;
    // Only contact with a leader restarts the wait: a refused campaign must not (raft-A12).
    if (leader !== 0 && !this.isLeaderStuck) this.electionTicks = 0;
    if (changed) {
      this.electionTimeout = this.drawElectionTimeout();
      this.sayRole();
    }
  }

  /** What the leader of this term says of its disk, with each beat. */
  noteLeaderDisk(isStalled: boolean): void {
    if (!isStalled) this.leaderStalledTicks = 0;
    else if (this.leaderStalledTicks === 0) this.leaderStalledTicks = 1;
  }

  /**
   * A leader whose disk stands still hands over within one election timeout, if it knows of a majority that could
   * do better. It may not: without its disk it takes no peer that began anew. So its word stops holding
   * the election timers then. Who campaigns needs a majority of healthy disks, or the pre-vote fails and
   * nothing changes (D-90).
   */
  get isLeaderStuck(): boolean {
    return this.leaderStalledTicks > 2 * this.settings.electionTicksMin;
  }

  /** This node's replica takes no more part: nobody may take it for a leader or a follower of one. */
  halt(): void {
    this.letGo();
    this.role = "follower";
    this.leader = 0;
    this.isReady = false;
    this.handover = undefined;
  }

  /** Nobody waits for what only a leader has under way. */
  letGo(): void {
    for (const p of this.progress.values()) p.landAll();
    this.pendingReads = [];
  }

  becomeLeader(): void {
    assert(
      this.role === "candidate" || this.voters.length === 1,
      "R1: only a candidate becomes leader",
    );
    this.role = "leader";
    this.leader = this.self;
    this.isReady = false;
    this.isEager = false;
    this.electionTicks = 0;
    this.quorumTicks = 0;
    this.progress = new Map();
    for (const voter of this.voters) {
      if (voter === this.self) continue;
      const window = this.host.appendWindow(voter);
      this.progress.set(voter, new Progress(voter, this.log.lastIndex + 1, window));
    }
    this.startTime();
    this.termStartIndex = this.log.lastIndex + 1;
    this.sayRole();
  }
}
