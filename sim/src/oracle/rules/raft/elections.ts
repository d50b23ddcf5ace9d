// R1: at most one leader per term and group, and at most one vote per node and term, across restarts.
// What counts is what was said: roles taken, votes and appends handed to the network.

import type { PeerMessage, Role } from "@disheap/core";
import { RuleBroken, type Rule } from "../../oracle.js";
import { pairKey, seen, type SeenAt, type Watched } from "../views/watched.js";

interface Said extends SeenAt {
  /** Who leads, or who got the vote. */
  readonly member: number;
  readonly how: string;
}

export class Elections implements Rule {
  private world: Watched | undefined;
  /** By group and term. */
  private readonly leaders = new Map<number, Said>();
  /** Per group: whom was spoken of last, which nearly everything said is about again. */
  private readonly newest = new Map<number, { readonly term: number; readonly member: number }>();
  /** Per node, by group and term. */
  private readonly votes = new Map<number, Map<number, Said>>();

  attach(world: Watched): void {
    this.world = world;
  }

  private at(node: number): SeenAt {
    return { atUs: this.world?.queue.nowUs ?? 0, node };
  }

  roleChanged(node: number, group: number, term: number, role: Role, leader: number): void {
    if (role === "leader") this.leads(node, group, term, node, "became leader");
    else if (role === "follower" && leader !== 0) {
      this.leads(node, group, term, leader, `follows n${leader} as leader`);
    }
  }

  sent(node: number, to: number, message: PeerMessage): void {
    if (message.kind === "vote") {
      this.voted(node, message.group, message.term, node, "asked for votes for itself");
    } else if (message.kind === "vote.reply" && message.granted) {
      this.voted(node, message.group, message.term, to, `granted its vote to n${to}`);
    } else if (message.kind === "append") {
      this.leads(node, message.group, message.term, node, "sent an append as leader");
    } else if (message.kind === "beat") {
      for (const { group, term } of message.items) {
        this.leads(node, group, term, node, "sent a beat as leader");
      }
    }
  }

  private leads(node: number, group: number, term: number, member: number, how: string): void {
    const newest = this.newest.get(group);
    if (newest?.term === term && newest.member === member) return;
    const key = pairKey(group, term);
    const known = this.leaders.get(key);
    if (known === undefined) this.leaders.set(key, { ...this.at(node), member, how });
    if (known === undefined || known.member === member) {
      this.newest.set(group, { term, member });
      return;
    }
    this.broken(
      `group ${group} has two leaders in term ${term}: n${known.member} and n${member}`,
      group,
      term,
      known,
      { ...this.at(node), member, how },
    );
  }

  private voted(node: number, group: number, term: number, member: number, how: string): void {
    let own = this.votes.get(node);
    if (!own) {
      own = new Map();
      this.votes.set(node, own);
    }
    const key = pairKey(group, term);
    const known = own.get(key);
    if (known === undefined) {
      own.set(key, { ...this.at(node), member, how });
      return;
    }
    if (known.member === member) return;
    this.broken(
      `n${node} voted twice in term ${term} of group ${group}: for n${known.member} and for n${member}`,
      group,
      term,
      known,
      { ...this.at(node), member, how },
    );
  }

  private broken(message: string, group: number, term: number, first: Said, second: Said): never {
    const text = ({ how }: Said): string => `${how} in term ${term} of group ${group}`;
    throw new RuleBroken({
      rule: "R1",
      message,
      first: seen(first, text(first)),
      second: seen(second, text(second)),
      about: `group ${group}:`,
    });
  }
}
