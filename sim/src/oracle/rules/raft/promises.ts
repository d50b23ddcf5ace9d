// R12: nothing leaves a node before what it promises is synced (D-52, D-53), replies to duplicates
// included: a vote and a vote request name a term and a vote, an append reply a term and a log up to an
// index, a beat reply a term. Own votes count the same: who leads has its own vote on disk.

import { assertNever, type PeerMessage, type Role } from "@disheap/core";
import { RuleBroken, type Rule } from "../../oracle.js";
import { DurableReader } from "../views/durable.js";
import { seen, type Watched } from "../views/watched.js";

type AppendReply = Extract<PeerMessage, { kind: "append.reply" }>;

export class Promises implements Rule {
  private world: Watched | undefined;
  private readonly reader = new DurableReader();

  attach(world: Watched): void {
    this.world = world;
  }

  sent(node: number, to: number, message: PeerMessage): void {
    switch (message.kind) {
      case "vote":
        this.vote(node, message.group, message.term, node, `a vote request to n${to}`);
        break;
      case "vote.reply":
        if (message.granted) {
          this.vote(node, message.group, message.term, to, `its vote for n${to}`);
        } else this.term(node, message.group, message.term, `a refused vote to n${to}`);
        break;
      case "append.reply":
        this.term(node, message.group, message.term, `an append reply to n${to}`);
        if (message.accepted) this.log(node, to, message);
        break;
      case "beat.reply":
        // One of a stalled disk vouches for nothing (D-90), and may not say that it does.
        if (message.isStalled && message.round === 0) break;
        for (const { group, term } of message.items) {
          this.term(node, group, term, `a beat reply to n${to}`);
        }
        break;
      case "pre-vote":
      case "pre-vote.reply":
      case "timeout-now":
      case "append.untaken":
      case "append":
      case "beat":
        // Class Send: they leave at once and promise nothing.
        break;
      case "formation":
      case "ping":
      case "pong":
        // Before a cluster, or about the process: no term, vote or log is vouched for.
        break;
      case "request":
      case "reply":
      case "grant.request":
      case "granted":
      case "ask":
      case "ladder":
      case "digest":
      case "digest.request":
        // What hosts say of committed entries: R5 and R7 look at commit and apply.
        break;
      default:
        assertNever(message, "message class");
    }
  }

  roleChanged(node: number, group: number, term: number, role: Role): void {
    if (role === "leader") this.vote(node, group, term, node, "its leadership");
  }

  private vote(node: number, group: number, term: number, member: number, what: string): void {
    const state = this.state(node, group);
    if (state.term > term || (state.term === term && state.vote === member)) return;
    this.broken(
      node,
      group,
      `${what} in term ${term} stands on a vote for n${member} that is not synced`,
    );
  }

  private term(node: number, group: number, term: number, what: string): void {
    if (this.state(node, group).term >= term) return;
    this.broken(node, group, `${what} names term ${term}, which is not synced`);
  }

  private log(node: number, to: number, reply: AppendReply): void {
    const { group, index } = reply;
    if (index === 0 || !this.world) return;
    const state = this.state(node, group);
    const promise = `an append reply to n${to} accepts entries up to ${index}`;
    if (state.lastIndex < index) this.broken(node, group, `${promise}, which are not all synced`);
    const raft = this.world.host(node)?.context.groups.get(group)?.raft;
    // A newer leader may have cut the log in this turn: the promise was to the one before.
    if (raft?.term !== reply.term) return;
    const held = raft.log.termAt(index);
    const synced = this.reader.termAt(this.world.node(node), group, index);
    if (held === synced) return;
    const what = `${promise}; entry ${index} has term ${held} in memory and ${synced ?? "none"} on disk`;
    this.broken(node, group, what);
  }

  private state(node: number, group: number): { term: number; vote: number; lastIndex: number } {
    const none = { term: 0, vote: 0, lastIndex: 0 };
    return (this.world && this.reader.hardState(this.world.node(node), group)) ?? none;
  }

  private broken(node: number, group: number, message: string): never {
    const { term, vote, lastIndex } = this.state(node, group);
    const at = { atUs: this.world?.queue.nowUs ?? 0, node };
    const disk = `synced: term ${term}, vote ${vote === 0 ? "none" : `n${vote}`}, log to ${lastIndex}`;
    throw new RuleBroken({
      rule: "R12",
      message: `n${node}, group ${group}: ${message}; ${disk}`,
      first: seen(at, disk),
      second: seen(at, message),
      about: `group ${group}:`,
    });
  }
}
