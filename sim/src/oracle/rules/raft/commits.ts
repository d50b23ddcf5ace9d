// What is committed, as the replicas say it, and what must hold of it for ever:
//   R3 the leader of a later term holds every committed entry; a leader commits by counting only entries
//      of its own term (raft-C1), or that could not hold;
//   R4 no two replicas commit different entries at one index;
//   R5 a committed entry is in the synced logs of a quorum. Checked where commit advances first, and for
//      every committed entry at the end. A damaged disk is not counted against the entry.

import type { Role } from "@disheap/core";
import { RuleBroken, type Rule } from "../../oracle.js";
import { DurableReader } from "../views/durable.js";
import type { ReplicaRule, Snapshot } from "../views/sweep.js";
import { seen, type NodeView, type RaftView, type SeenAt, type Watched } from "../views/watched.js";

interface Committed extends SeenAt {
  readonly term: number;
  /** The entry was committed in this term or before it. */
  readonly inTerm: number;
}

interface GroupCommits {
  readonly voters: readonly number[];
  /** Entry `index` at place `index - 1`. */
  readonly entries: Committed[];
}

export class Commits implements Rule, ReplicaRule {
  private world: Watched | undefined;
  private readonly reader = new DurableReader();
  private readonly groups = new Map<number, GroupCommits>();

  attach(world: Watched): void {
    this.world = world;
  }

  /** Highest index that any replica of the group said is committed. */
  lastIndex(group: number): number {
    return this.groups.get(group)?.entries.length ?? 0;
  }

  changed(now: Snapshot, before: Snapshot | undefined, raft: RaftView): void {
    const from = before?.commitIndex ?? 0;
    if (now.commitIndex <= from) return;
    this.checkOwnTerm(now, before, raft);
    let group = this.groups.get(raft.id);
    if (!group) {
      group = { voters: raft.voters, entries: [] };
      this.groups.set(raft.id, group);
    }
    const { entries } = group;
    for (let index = from + 1; index <= now.commitIndex; index += 1) {
      const term = raft.log.termAt(index);
      if (index <= entries.length) this.compare(raft.id, index, entries[index - 1], now, term);
      else entries.push({ atUs: now.atUs, node: now.node, term, inTerm: now.term });
    }
    if (entries.at(-1)?.atUs === now.atUs) this.checkCopies(raft.id, group, now.commitIndex);
  }

  private checkOwnTerm(now: Snapshot, before: Snapshot | undefined, raft: RaftView): void {
    if (before?.role !== "leader" || now.role !== "leader" || before.term !== now.term) return;
    const term = raft.log.termAt(now.commitIndex);
    if (term === now.term) return;
    throw new RuleBroken({
      rule: "R3",
      message:
        `n${now.node}, leader of group ${raft.id} in term ${now.term}, committed entry ` +
        `${now.commitIndex} of term ${term} by counting copies: a later leader may lack it`,
      first: seen(before, `commit ${before.commitIndex} in term ${before.term}`),
      second: seen(now, `commit ${now.commitIndex} in term ${now.term}`),
      about: `group ${raft.id}:`,
    });
  }

  private compare(
    group: number,
    index: number,
    first: Committed,
    now: Snapshot,
    term: number,
  ): void {
    if (first.term === term) return;
    throw new RuleBroken({
      rule: "R4",
      message:
        `entry ${index} of group ${group} was committed with term ${first.term} on n${first.node} ` +
        `and with term ${term} on n${now.node}`,
      first: seen(first, `committed entry ${index} of term ${first.term}`),
      second: seen(now, `committed entry ${index} of term ${term}`),
      about: `group ${group}:`,
    });
  }

  /** A new leader, before it appends anything of its own. */
  roleChanged(node: number, group: number, term: number, role: Role): void {
    const committed = this.groups.get(group)?.entries;
    const log = this.world?.host(node)?.context.groups.get(group)?.raft.log;
    if (role !== "leader" || !committed || !log) return;
    for (let index = committed.length; index >= 1; index -= 1) {
      const entry = committed[index - 1];
      // An entry that a leader of a later term committed may be missing in a leader that came late.
      if (entry.inTerm >= term) continue;
      const own = log.termAt(index);
      if (own === entry.term) continue;
      const has = own === -1 ? `ends at ${log.lastIndex}` : `holds one of term ${own} there`;
      throw new RuleBroken({
        rule: "R3",
        message:
          `n${node} became leader of group ${group} in term ${term}, but its log ${has}: entry ` +
          `${index} of term ${entry.term} was committed by term ${entry.inTerm}`,
        first: seen(entry, `committed entry ${index} of term ${entry.term}`),
        second: seen(
          { atUs: this.world?.queue.nowUs ?? 0, node },
          `became leader in term ${term}, log to ${log.lastIndex}`,
        ),
        about: `group ${group}:`,
      });
    }
  }

  finish(): void {
    for (const [group, commits] of this.groups) {
      for (let index = commits.entries.length; index >= 1; index -= 1) {
        this.checkCopies(group, commits, index);
      }
    }
  }

  private checkCopies(group: number, commits: GroupCommits, index: number): void {
    const { world } = this;
    if (!world) return;
    const { voters, entries } = commits;
    const entry = entries[index - 1];
    const quorum = Math.floor(voters.length / 2) + 1;
    const lacking: NodeView[] = [];
    for (const voter of voters) {
      const node = world.node(voter);
      if (node.isDamaged) continue;
      if (this.reader.termAt(node, group, index) !== entry.term) lacking.push(node);
    }
    if (voters.length - lacking.length >= quorum) return;
    throw new RuleBroken({
      rule: "R5",
      message:
        `entry ${index} of group ${group} (term ${entry.term}) is committed, but ` +
        `${lacking.map((n) => `n${n.number}`).join(", ")} of its ${voters.length} voters do not ` +
        "hold it on disk: a crash of all nodes would lose it",
      first: seen(entry, `committed entry ${index} of term ${entry.term}`),
      second: seen(
        { atUs: world.queue.nowUs, node: lacking[0].number },
        `synced log: ${this.diskText(lacking[0], group, index)}`,
      ),
      about: `group ${group}:`,
    });
  }

  private diskText(node: NodeView, group: number, index: number): string {
    const state = this.reader.hardState(node, group);
    if (!state) return "no hard state";
    const term = this.reader.termAt(node, group, index);
    const held = term === undefined ? "nothing" : `an entry of term ${term}`;
    return `ends at ${state.lastIndex}, holds ${held} at ${index}`;
  }
}
