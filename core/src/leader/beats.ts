// Coalesced heartbeats: one message per node pair and beat, naming every group the sender leads, with
// the commit each follower may know (D-57, D-58). Rounds are the node's own counter; reads are confirmed
// by them. A node whose disk stalls says so in its beats and replies: they hold election timers and
// check-quorum, and vouch for nothing (D-29, D-90). Invariant:
//   BEAT1 rounds only grow: a read that asks for one gets one that begins later, in which nothing was sent yet.

import { confirmReads } from "../raft/reads.js";
import { onBeatAnswered, onBeatCommit } from "../raft/replication.js";
import { isTooFar } from "../raft/term-leap.js";
import type { Beat, BeatItem, BeatReply, BeatReplyItem } from "../wire/messages.js";
import type { HostContext } from "../member/context.js";
import type { Replica } from "../member/replica.js";

export class Beats {
  private readonly context: HostContext;
  private readonly guard: (replica: Replica, step: () => void) => void;
  private round = 0;
  private ticks = 0;
  private isRequested = false;

  constructor(context: HostContext, guard: (replica: Replica, step: () => void) => void) {
    this.context = context;
    this.guard = guard;
  }

  /** A round that has not started; the next beats carry it, at the end of this turn. */
  requestRound(): number {
    this.isRequested = true;
    return this.round + 1;
  }

  tick(): void {
    this.ticks += 1;
    const { beatMs, tickMs } = this.context.config.timing;
    if (this.ticks * tickMs < beatMs) return;
    this.isRequested = true;
  }

  /** Sends one beat per peer if one is due. */
  flush(isDiskStalled: boolean): void {
    if (!this.isRequested) return;
    this.isRequested = false;
    this.ticks = 0;
    this.round += 1;
    for (const peer of this.context.members) {
      if (peer === this.context.self) continue;
      const items: BeatItem[] = [];
      for (const replica of this.context.groups.values()) {
        const g = replica.raft;
        if (!g.isLeader || replica.stoppedBecause !== undefined) continue;
        const p = g.progress.get(peer);
        if (!p) continue;
        items.push({
          group: g.id,
          incarnation: g.incarnation,
          term: g.term,
          commit: Math.min(g.commitIndex, p.held),
        });
      }
      if (items.length === 0) continue;
      const { round } = this;
      this.context.send(peer, { kind: "beat", round, isStalled: isDiskStalled, items });
    }
  }

  onBeat(from: number, beat: Beat, isDiskStalled: boolean): void {
    const now: BeatReplyItem[] = [];
    const round = beat.isStalled || isDiskStalled ? 0 : beat.round;
    const reply = (items: readonly BeatReplyItem[]): BeatReply => ({
      kind: "beat.reply",
      round,
      wallMs: this.context.wallMs,
      isStalled: isDiskStalled,
      items,
    });
    for (const item of beat.items) {
      const replica = this.context.groups.get(item.group);
      const isHere = replica !== undefined && replica.stoppedBecause === undefined;
      if (!isHere || replica.raft.incarnation !== item.incarnation) continue;
      if (isTooFar(replica.raft.term, item.term)) continue;
      this.guard(replica, () => {
        const answer = this.heard(replica, from, item, beat.isStalled);
        // A term that is not synced yet is not vouched for (D-53): its reply waits on its own. One of a
        // stalled disk vouches for nothing, and what it waits for may never come.
        const isSynced = replica.raft.dependsOnSeq <= replica.raft.durableSeq;
        if (isSynced || isDiskStalled) now.push(answer);
        else replica.raft.sendAfterPersist(from, reply([answer]));
      });
    }
    if (now.length > 0) this.context.send(from, reply(now));
  }

  private heard(replica: Replica, from: number, item: BeatItem, isStalled: boolean): BeatReplyItem {
    const g = replica.raft;
    const { id: group, incarnation } = g;
    if (item.term < g.term) {
      return { group, incarnation, term: g.term, accepted: false, needsProbe: false };
    }
    if (item.term === g.term) g.noteLeaderDisk(isStalled);
    g.becomeFollower(item.term, from);
    const needsProbe = onBeatCommit(g, item);
    return { group, incarnation, term: g.term, accepted: true, needsProbe };
  }

  onBeatReply(from: number, reply: BeatReply): void {
    for (const item of reply.items) {
      const replica = this.context.groups.get(item.group);
      const isHere = replica !== undefined && replica.stoppedBecause === undefined;
      if (!isHere || replica.raft.incarnation !== item.incarnation) continue;
      if (isTooFar(replica.raft.term, item.term)) continue;
      this.guard(replica, () => {
        const g = replica.raft;
        if (item.term > g.term) g.becomeFollower(item.term, 0);
        if (!g.isLeader || item.term !== g.term || !item.accepted) return;
        const { round, wallMs, isStalled } = reply;
        onBeatAnswered(g, from, { round, wallMs, isStalled, needsProbe: item.needsProbe });
        confirmReads(g);
      });
    }
  }
}
