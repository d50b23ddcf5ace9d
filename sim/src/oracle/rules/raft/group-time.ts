// Q7, the upper bound: no minority of clocks moves group time. A stamp is at most max(M, last stamp +
// elapsed), where M is the largest wall time that a majority of the group's voters have reached. True
// time passes at one rate here, so this is a bound on how far a stamp is ahead of true time: no further
// than a majority of the voters' clocks ever were. A partition's time begins at the stamp of the entry that
// made it, so at its beginning the clocks of the meta group's voters bound it as well.

import type { Role } from "@disheap/core";
import { RuleBroken, type Rule } from "../../oracle.js";
import { seen, type HostView, type Watched } from "../views/watched.js";

/** Milliseconds by which readings are rounded; a new leader rounds once more. */
const ROUNDING_MS = 2;

export class GroupTime implements Rule {
  private world: Watched | undefined;
  /** Per node: how far its wall clock ever was ahead of true time, in any turn. */
  private readonly leads = new Map<number, number>();
  private readonly leaderships = new Map<number, number>();
  /** By group: how far the meta group's time may have been ahead when the group was made. */
  private readonly bornLeads = new Map<number, number>();

  attach(world: Watched): void {
    this.world = world;
  }

  private nowMs(): number {
    return (this.world?.queue.nowUs ?? 0) / 1000;
  }

  roleChanged(_node: number, group: number, _term: number, role: Role): void {
    if (role !== "leader") return;
    this.leaderships.set(group, (this.leaderships.get(group) ?? 0) + 1);
  }

  afterTurn(node: number, host: HostView): void {
    const lead = host.context.wallMs - this.nowMs();
    if (lead > (this.leads.get(node) ?? -Infinity)) this.leads.set(node, lead);
  }

  proposed(node: number, group: number, index: number, term: number): void {
    const host = this.world?.host(node);
    const raft = host?.context.groups.get(group)?.raft;
    if (!host || !raft) return;
    this.afterTurn(node, host);
    const majority = this.majorityLead(raft.voters);
    if (!this.bornLeads.has(group)) {
      const makers = host.context.groups.get(0)?.raft.voters ?? raft.voters;
      this.bornLeads.set(group, this.majorityLead(makers));
    }
    const slackMs = ROUNDING_MS + (this.leaderships.get(group) ?? 0);
    const stampMs = raft.log.lastStampMs;
    // Before any clock was heard, group time counts from 0.
    const lead = Math.max(0, majority, this.bornLeads.get(group) ?? 0);
    const highestMs = this.nowMs() + lead + slackMs;
    if (stampMs <= highestMs) return;
    throw new RuleBroken({
      rule: "Q7",
      message:
        `group ${group}: n${node} stamped entry ${index} of term ${term} with ${stampMs}, which is ` +
        `${Math.round(stampMs - highestMs)} ms beyond what a majority of its voters' clocks reached`,
      second: seen(
        { atUs: this.world?.queue.nowUs ?? 0, node },
        `clocks ahead of true time at most: ${raft.voters
          .map((v) => `n${v} by ${Math.round(this.leads.get(v) ?? 0)} ms`)
          .join(", ")}`,
      ),
      about: `group ${group} `,
    });
  }

  /** How far a majority of these nodes' clocks ever were ahead of true time. */
  private majorityLead(voters: readonly number[]): number {
    const leads = voters.map((v) => this.leads.get(v) ?? -Infinity).sort((a, b) => b - a);
    return leads[Math.floor(voters.length / 2)];
  }
}
