// Whether this node has applied, since it started, what was committed by then. Said for each group: a leader
// has applied the first entry of its term; a follower has applied an entry of its leader's term, which comes
// after all that earlier leaders committed, and got as far as that leader had committed when it was first
// heard. Once all groups are there, the question is settled for this life of the node.

import type { GroupStatus, NodeStatus } from "@disheap/core";
import { metaGroup } from "./status-parts.js";

interface Heard {
  readonly term: number;
  readonly commit: number;
}

export class CatchUp {
  private readonly heard = new Map<number, Heard>();
  private knowsTopics = false;
  private isDone = false;

  /** A leader of `term` said how far it had committed. */
  appendHeard(group: number, term: number, commit: number): void {
    if (this.isDone || (this.heard.get(group)?.term ?? 0) >= term) return;
    this.heard.set(group, { term, commit });
  }

  /** Before this a node does not know which partitions are its own. */
  hasTopics(status: NodeStatus): boolean {
    const meta = metaGroup(status);
    this.knowsTopics ||= meta !== undefined && this.isThere(meta);
    return this.knowsTopics;
  }

  /** The groups that are not there yet. */
  missing(status: NodeStatus): readonly GroupStatus[] {
    if (this.isDone) return [];
    const behind = status.groups.filter((group) => !this.isThere(group));
    this.isDone = behind.length === 0 && this.hasTopics(status);
    if (this.isDone) this.heard.clear();
    return behind;
  }

  private isThere({ group, role, leader, term, appliedIndex, appliedTerm }: GroupStatus): boolean {
    if (leader === "" || appliedTerm !== term) return false;
    if (role === "leader") return true;
    const heard = this.heard.get(group);
    return heard?.term === term && appliedIndex >= heard.commit;
  }
}
