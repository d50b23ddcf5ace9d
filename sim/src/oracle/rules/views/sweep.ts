// Looks at every replica after each turn and hands those that changed to the rules about single
// replicas, with what they were before. A replica is a new object in each life of a process, so
// nothing is compared across lives here.

import type { Role } from "@disheap/core";
import type { Rule } from "../../oracle.js";
import type { HostView, RaftView, SeenAt, ReplicaView, Watched } from "./watched.js";

export interface Snapshot extends SeenAt {
  readonly term: number;
  readonly vote: number;
  readonly role: Role;
  readonly commitIndex: number;
  readonly appliedIndex: number;
  readonly durableIndex: number;
  readonly durableTerm: number;
  readonly lastIndex: number;
  readonly lastTerm: number;
  /** Of a leader: match index per follower. */
  readonly matches: ReadonlyMap<number, number> | undefined;
}

/** Sees a replica whenever it changed; `before` is undefined at its first sight in this life. */
export interface ReplicaRule {
  changed(now: Snapshot, before: Snapshot | undefined, raft: RaftView): void;
}

export class Sweep implements Rule {
  private readonly rules: readonly ReplicaRule[];
  private readonly known = new WeakMap<ReplicaView, Snapshot>();
  private world: Watched | undefined;

  constructor(rules: readonly ReplicaRule[]) {
    this.rules = rules;
  }

  attach(world: Watched): void {
    this.world = world;
  }

  afterTurn(node: number, host: HostView): void {
    for (const replica of host.context.groups.values()) {
      const { raft } = replica;
      const before = this.known.get(replica);
      if (before && isSame(before, raft)) continue;
      const now = snapshot({ atUs: this.world?.queue.nowUs ?? 0, node }, raft);
      this.known.set(replica, now);
      for (const rule of this.rules) rule.changed(now, before, raft);
    }
  }
}

function isSame(a: Snapshot, b: RaftView): boolean {
  if (a.term !== b.term || a.role !== b.role || a.vote !== b.vote) return false;
  if (a.commitIndex !== b.commitIndex || a.appliedIndex !== b.appliedIndex) return false;
  if (a.durableIndex !== b.durableIndex || a.durableTerm !== b.durableTerm) return false;
  if (a.lastIndex !== b.log.lastIndex || a.lastTerm !== b.log.lastTerm) return false;
  if (!a.matches) return true;
  for (const peer of b.progress.keys()) {
    if (a.matches.get(peer) !== b.progress.get(peer)?.match) return false;
  }
  return true;
}

export function snapshot(at: SeenAt, raft: RaftView): Snapshot {
  let matches: Map<number, number> | undefined;
  if (raft.role === "leader") {
    matches = new Map();
    for (const [peer, { match }] of raft.progress) matches.set(peer, match);
  }
  return {
    atUs: at.atUs,
    node: at.node,
    term: raft.term,
    vote: raft.vote,
    role: raft.role,
    commitIndex: raft.commitIndex,
    appliedIndex: raft.appliedIndex,
    durableIndex: raft.durableIndex,
    durableTerm: raft.durableTerm,
    lastIndex: raft.log.lastIndex,
    lastTerm: raft.log.lastTerm,
    matches,
  };
}
