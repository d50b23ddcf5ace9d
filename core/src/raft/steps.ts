// The events of a replica that its owner feeds in: a tick, a message of a voter, a completed write. What
// comes of each stands in its `outputs`.

import type { Member } from "../lib/brands.js";
import type { RaftMessage } from "../wire/messages.js";
import {
  countOwnVote,
  onPreVote,
  onPreVoteReply,
  onTimeoutNow,
  onVote,
  onVoteReply,
  tickElection,
  tickLeader,
} from "./election.js";
import type { RaftGroup } from "./group.js";
import { tickHandover } from "./handover.js";
import {
  maybeCommit,
  onAppend,
  onAppendReply,
  onAppendUntaken,
  tickReplication,
} from "./replication.js";

export function tick(g: RaftGroup, mayCampaign = true): void {
  if (!g.isLeader) {
    tickElection(g, mayCampaign);
    return;
  }
  tickLeader(g);
  if (!g.isLeader) return;
  tickReplication(g);
  tickHandover(g);
}

/** The write that `takeWrite` numbered `seq` is synced. */
export function synced(g: RaftGroup, seq: number): void {
  g.persisted(seq);
  countOwnVote(g);
  maybeCommit(g);
}

export function receive(g: RaftGroup, from: Member, m: RaftMessage): void {
  switch (m.kind) {
    case "pre-vote":
      onPreVote(g, from, m);
      break;
    case "pre-vote.reply":
      onPreVoteReply(g, from, m);
      break;
    case "vote":
      onVote(g, from, m);
      break;
    case "vote.reply":
      onVoteReply(g, from, m);
      break;
    case "timeout-now":
      onTimeoutNow(g, from, m);
      break;
    case "append":
      onAppend(g, from, m);
      break;
    case "append.reply":
      onAppendReply(g, from, m);
      break;
    case "append.untaken":
      onAppendUntaken(g, from, m);
      break;
  }
}
