// R6: term, commit and applied index never fall in a life of a process, a match index never falls inside
// a term, and a synced term outlives the process.
// R7: applied <= committed <= last, and what is applied is synced here (D-56).
// R8: a leader only appends to its log.

import { RuleBroken } from "../../oracle.js";
import type { ReplicaRule, Snapshot } from "../views/sweep.js";
import { seen, type RaftView } from "../views/watched.js";

function broken(
  rule: string,
  message: string,
  raft: RaftView,
  now: Snapshot,
  before?: Snapshot,
): never {
  const text = (s: Snapshot): string =>
    `group ${raft.id}: ${s.role} in term ${s.term}, log to ${s.lastIndex} (term ${s.lastTerm}), ` +
    `synced to ${s.durableIndex}, commit ${s.commitIndex}, applied ${s.appliedIndex}`;
  throw new RuleBroken({
    rule,
    message: `n${now.node}, group ${raft.id}: ${message}`,
    ...(before ? { first: seen(before, text(before)) } : {}),
    second: seen(now, text(now)),
    about: `group ${raft.id}:`,
  });
}

export class Monotone implements ReplicaRule {
  /** Per node and group: the highest term that was synced, in any life. */
  private readonly synced = new Map<string, Snapshot>();

  changed(now: Snapshot, before: Snapshot | undefined, raft: RaftView): void {
    const key = `${now.node}:${raft.id}`;
    const synced = this.synced.get(key);
    if (synced && now.term < synced.durableTerm) {
      const message = `term ${synced.durableTerm} was synced and is forgotten: it is in term ${now.term}`;
      broken("R6", message, raft, now, synced);
    }
    if (!synced || now.durableTerm > synced.durableTerm) this.synced.set(key, now);
    if (!before) return;
    const falls = (name: string, from: number, to: number): void => {
      if (to < from) broken("R6", `${name} fell from ${from} to ${to}`, raft, now, before);
    };
    falls("the term", before.term, now.term);
    falls("the commit index", before.commitIndex, now.commitIndex);
    falls("the applied index", before.appliedIndex, now.appliedIndex);
    if (before.term !== now.term || !before.matches || !now.matches) return;
    for (const [peer, match] of before.matches) {
      falls(`the match index of n${peer}`, match, now.matches.get(peer) ?? 0);
    }
  }
}

export class Bounds implements ReplicaRule {
  changed(now: Snapshot, before: Snapshot | undefined, raft: RaftView): void {
    const { appliedIndex, commitIndex, durableIndex, lastIndex } = now;
    if (appliedIndex > commitIndex) {
      const message = `applied ${appliedIndex} is beyond commit ${commitIndex}`;
      broken("R7", message, raft, now, before);
    }
    if (commitIndex > lastIndex) {
      const message = `commit ${commitIndex} is beyond the log's end ${lastIndex}`;
      broken("R7", message, raft, now, before);
    }
    if (appliedIndex > durableIndex) {
      const message = `applied ${appliedIndex} is beyond what is synced here, ${durableIndex}`;
      broken("R7", message, raft, now, before);
    }
  }
}

export class AppendOnly implements ReplicaRule {
  changed(now: Snapshot, before: Snapshot | undefined, raft: RaftView): void {
    if (before?.role !== "leader" || now.role !== "leader" || before.term !== now.term) return;
    if (now.lastIndex < before.lastIndex) {
      const message = `the leader cut its own log from ${before.lastIndex} to ${now.lastIndex}`;
      broken("R8", message, raft, now, before);
    }
    const term = raft.log.termAt(before.lastIndex);
    if (term === before.lastTerm) return;
    const message =
      `the leader replaced its own entry ${before.lastIndex}: its term was ${before.lastTerm} and is ` +
      `${term}`;
    broken("R8", message, raft, now, before);
  }
}
