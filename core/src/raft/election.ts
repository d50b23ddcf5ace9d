// Elections: pre-vote without side effects, votes that leave after they are synced, check-quorum
// (Ongaro's dissertation, section 3.4). A vote request leaves after the own vote is durable (D-53), and
// the own vote counts only then.

import type { LogIndex, Member, Term } from "../lib/brands.js";
import { assert } from "../lib/assert.js";
import type { PreVote, PreVoteReply, TimeoutNow, Vote, VoteReply } from "../wire/messages.js";
import type { RaftGroup } from "./group.js";
import { hasNext } from "./term-leap.js";

const EAGER_TICKS = 2;
const EAGER_PARTS = 15;

/**
 * One tick of a replica that does not lead. One that may not lead counts all the same: a voter that never
 * noticed its leader's silence would refuse every other candidate.
 */
export function tickElection(g: RaftGroup, mayCampaign = true): void {
  g.electionTicks += 1;
  if (g.leaderStalledTicks > 0) g.leaderStalledTicks += 1;
  if (!mayCampaign || !hasNext(g.term) || g.host.isDiskStalled()) return;
  if (isEagerNow(g) || g.electionTicks >= g.electionTimeout) preCampaign(g);
}

/**
 * The first try is early, so that a new group serves at once. A later one leaves the answers to the one before a part
 * of the election time to arrive in, however short the ticks are.
 */
function isEagerNow(g: RaftGroup): boolean {
  if (!g.isEager || g.term !== 0) return false;
  const isAgain = g.role !== "follower";
  const part = isAgain ? Math.floor(g.settings.electionTicksMin / EAGER_PARTS) : 0;
  return g.electionTicks >= Math.max(EAGER_TICKS, part);
}

/** One tick of a leader: it steps down when a majority was silent for too long (check-quorum). */
export function tickLeader(g: RaftGroup): void {
  let heard = 1;
  for (const p of g.progress.values()) {
    p.silentTicks += 1;
    if (p.silentTicks <= g.settings.checkQuorumTicks) heard += 1;
  }
  g.quorumTicks += 1;
  if (g.quorumTicks <= g.settings.checkQuorumTicks) return;
  if (heard < g.quorum) g.becomeFollower(g.term, 0);
}

/** Asks whether an election could be won; nothing is changed or persisted. */
function preCampaign(g: RaftGroup): void {
  g.role = "pre-candidate";
  g.leader = 0;
  g.campaignToken += 1;
  g.electionTicks = 0;
  g.electionTimeout = g.drawElectionTimeout();
  g.votes = new Set([g.self]);
  g.sayRole();
  if (g.votes.size >= g.quorum) {
    campaign(g);
    return;
  }
  for (const voter of g.voters) {
    if (voter === g.self) continue;
    g.outputs.send(voter, {
      kind: "pre-vote",
      group: g.id,
      incarnation: g.incarnation,
      term: g.term + 1,
      token: g.campaignToken,
      lastIndex: g.log.lastIndex,
      lastTerm: g.log.lastTerm,
    });
  }
}

/** Compared as a pair: term first, then index (raft-A5). */
function isUpToDate(g: RaftGroup, lastTerm: Term, lastIndex: LogIndex): boolean {
  if (lastTerm !== g.log.lastTerm) return lastTerm > g.log.lastTerm;
  return lastIndex >= g.log.lastIndex;
}

/** A voter in touch with a leader refuses campaigns: they cannot be needed. */
function hearsLeader(g: RaftGroup): boolean {
  if (g.isLeader) return true;
  if (g.leader === 0 || g.isLeaderStuck) return false;
  return g.electionTicks < g.settings.electionTicksMin;
}

export function onPreVote(g: RaftGroup, from: Member, m: PreVote): void {
  // Its vote could not be synced: who counts on it would only raise the term (D-90).
  if (g.host.isDiskStalled()) return;
  const granted = m.term > g.term && !hearsLeader(g) && isUpToDate(g, m.lastTerm, m.lastIndex);
  g.outputs.send(from, {
    kind: "pre-vote.reply",
    group: g.id,
    incarnation: g.incarnation,
    term: m.term,
    token: m.token,
    granted,
    ownTerm: g.term,
  });
}

export function onPreVoteReply(g: RaftGroup, from: Member, m: PreVoteReply): void {
  if (!m.granted && m.ownTerm > g.term) {
    g.becomeFollower(m.ownTerm, 0);
    return;
  }
  const isCurrent =
    g.role === "pre-candidate" && m.token === g.campaignToken && m.term === g.term + 1;
  if (!isCurrent || !m.granted || g.host.isDiskStalled()) return;
  g.votes.add(from);
  if (g.votes.size >= g.quorum) campaign(g);
}

/** The leader hands over to this replica, which has nobody to ask first. */
export function onTimeoutNow(g: RaftGroup, from: Member, m: TimeoutNow): void {
  const isOurs = m.term === g.term && g.role === "follower" && g.leader === from;
  if (isOurs && hasNext(g.term) && !g.host.isDiskStalled()) campaign(g, true);
}

function campaign(g: RaftGroup, isTransfer = false): void {
  g.role = "candidate";
  // Who was told to take over has followed the old leader to this moment; nobody may be sent there any more.
  g.leader = 0;
  g.setTerm(g.term + 1, g.self);
  g.votes = new Set();
  g.electionTicks = 0;
  g.electionTimeout = g.drawElectionTimeout();
  g.sayRole();
  for (const voter of g.voters) {
    if (voter === g.self) continue;
    g.sendAfterPersist(voter, {
      kind: "vote",
      group: g.id,
      incarnation: g.incarnation,
      term: g.term,
      lastIndex: g.log.lastIndex,
      lastTerm: g.log.lastTerm,
      isTransfer,
    });
  }
}

/** Called after each persist: the own vote counts once it is synced. */
export function countOwnVote(g: RaftGroup): void {
  if (g.role !== "candidate") return;
  if (g.durableTerm === g.term && g.durableVote === g.self) addVote(g, g.self);
}

export function onVote(g: RaftGroup, from: Member, m: Vote): void {
  if (m.term > g.term) {
    if (hearsLeader(g) && !m.isTransfer) return;
    g.becomeFollower(m.term, 0);
  }
  const granted =
    m.term === g.term &&
    (g.vote === from || (g.vote === 0 && g.role === "follower" && g.leader === 0)) &&
    isUpToDate(g, m.lastTerm, m.lastIndex);
  if (granted && g.vote === 0) {
    g.setTerm(g.term, from);
    g.electionTicks = 0;
  }
  g.sendAfterPersist(from, {
    kind: "vote.reply",
    group: g.id,
    incarnation: g.incarnation,
    term: g.term,
    granted,
  });
}

export function onVoteReply(g: RaftGroup, from: Member, m: VoteReply): void {
  if (m.term > g.term) {
    g.becomeFollower(m.term, 0);
    return;
  }
  if (g.role === "candidate" && m.term === g.term && m.granted) addVote(g, from);
}

function addVote(g: RaftGroup, from: Member): void {
  assert(g.voters.includes(from), `R1: vote of ${from} must come from a voter`);
  g.votes.add(from);
  if (g.votes.size >= g.quorum) g.becomeLeader();
}
