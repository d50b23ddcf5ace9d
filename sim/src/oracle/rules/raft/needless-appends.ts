// R14: a follower is not sent what it holds. A log that is never cut makes that as long as the log, each time that a node
// comes back to another leader. What a leader sent already in its term may be lost and go again; and a follower that
// refused an append, or that said less than it was asked about, is sent what lies behind that.

import type { PeerMessage } from "@disheap/core";
import { RuleBroken, type Rule } from "../../oracle.js";
import { DurableReader } from "../views/durable.js";
import { seen, type Watched } from "../views/watched.js";

type Append = Extract<PeerMessage, { kind: "append" }>;
type AppendReply = Extract<PeerMessage, { kind: "append.reply" }>;

/** What a leader sent a follower in its term. */
interface Sent {
  readonly term: number;
  first: number;
  last: number;
  /** From here on the follower said that it may lack something. */
  lacksFrom: number;
}

export class NeedlessAppends implements Rule {
  private world: Watched | undefined;
  private readonly reader = new DurableReader();
  private readonly sentBy = new Map<string, Sent>();

  attach(world: Watched): void {
    this.world = world;
  }

  sent(node: number, to: number, message: PeerMessage): void {
    if (message.kind === "append") this.append(node, to, message);
    else if (message.kind === "append.reply") this.answered(to, node, message);
  }

  private sentTo(leader: number, follower: number, group: number, term: number): Sent {
    const key = `${group}:${leader}:${follower}`;
    const known = this.sentBy.get(key);
    if (known?.term === term) return known;
    const fresh = { term, first: Infinity, last: 0, lacksFrom: Infinity };
    this.sentBy.set(key, fresh);
    return fresh;
  }

  private append(leader: number, follower: number, m: Append): void {
    const first = m.prevIndex + 1;
    const last = m.blocks.reduce((index, { use }) => index + use, m.prevIndex);
    if (last < first) return;
    const sent = this.sentTo(leader, follower, m.group, m.term);
    // Of what it sends for the first time the last entry is judged: a block may begin with what the follower has.
    if (last > sent.last) this.judge(leader, follower, m, last, sent);
    else if (first < sent.first) {
      this.judge(leader, follower, m, Math.min(last, sent.first - 1), sent);
    }
    sent.first = Math.min(sent.first, first);
    sent.last = Math.max(sent.last, last);
  }

  private answered(leader: number, follower: number, m: AppendReply): void {
    const { group, term, accepted, index, prevIndex } = m;
    if (accepted && index >= prevIndex) return;
    const sent = this.sentTo(leader, follower, group, term);
    const lacksFrom = accepted ? index + 1 : Math.min(index, prevIndex);
    sent.lacksFrom = Math.min(sent.lacksFrom, lacksFrom);
  }

  private judge(leader: number, follower: number, m: Append, index: number, sent: Sent): void {
    const { world, reader } = this;
    if (!world || index >= sent.lacksFrom) return;
    const there = world.node(follower);
    // Of who is in a newer term it may have what a newer leader sent, and takes nothing of this one.
    if (there.isDamaged || (reader.hardState(there, m.group)?.term ?? 0) > m.term) return;
    const held = reader.termAt(there, m.group, index);
    const own = world.host(leader)?.context.groups.get(m.group)?.raft.log.termAt(index);
    if (held === undefined || held !== own) return;
    const at = { atUs: world.queue.nowUs, node: leader };
    const message =
      `it sends n${follower} entries ${m.prevIndex + 1} and on for the first time in term ${m.term}, and n${follower} ` +
      `has entry ${index} of term ${held} on its disk and refused nothing before it`;
    throw new RuleBroken({
      rule: "R14",
      message: `n${leader}, group ${m.group}: ${message}`,
      second: seen(at, message),
      about: `group ${m.group}:`,
    });
  }
}
