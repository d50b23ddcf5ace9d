// L10: on a link that stays up a follower gets no byte of the log twice (rev-B3, D-90). A leader may go back
// only after the follower said that it missed something or has something else, and on a new life of the link.

import type { PeerMessage } from "@disheap/core";
import type { World } from "../../../world/world.js";
import { RuleBroken, type Rule } from "../../oracle.js";
import { seen } from "../views/watched.js";

interface Sent {
  readonly term: number;
  readonly lives: number;
  /** The last entry that was sent. */
  high: number;
  /** The follower said why it needs some again; used up by the next append that begins a run. */
  mayGoBack: boolean;
}

export class SentTwice implements Rule {
  private world: World | undefined;
  private readonly sentTo = new Map<string, Sent>();

  attach(world: World): void {
    this.world = world;
  }

  sent(node: number, to: number, message: PeerMessage): void {
    if (node === to) return;
    switch (message.kind) {
      case "append.untaken":
        this.excuse(to, node, message.group);
        break;
      case "append.reply":
        if (!message.accepted) this.excuse(to, node, message.group);
        break;
      case "append":
        this.append(node, to, message);
        break;
      default:
        break;
    }
  }

  private excuse(leader: number, follower: number, group: number): void {
    const sent = this.sentTo.get(`${leader} ${follower} ${group}`);
    if (sent) sent.mayGoBack = true;
  }

  private append(node: number, to: number, m: Extract<PeerMessage, { kind: "append" }>): void {
    if (!this.world || (m.blocks.length === 0 && !m.isStart)) return;
    const key = `${node} ${to} ${m.group}`;
    const lives = this.world.network.livesOf(node, to);
    let sent = this.sentTo.get(key);
    if (sent?.term !== m.term || sent.lives !== lives) {
      sent = { term: m.term, lives, high: 0, mayGoBack: false };
      this.sentTo.set(key, sent);
    }
    const first = m.prevIndex + 1;
    const last = m.blocks.reduce((index, { use }) => index + use, m.prevIndex);
    const goesBack = m.isStart && sent.mayGoBack;
    if (m.blocks.length > 0 && first <= sent.high && !goesBack) {
      const message =
        `n${node} sends entry ${first} of group ${m.group} to n${to} again in term ${m.term}, ` +
        `after it had sent up to ${sent.high}: the link stayed up and n${to} missed nothing`;
      const at = { atUs: this.world.queue.nowUs, node };
      throw new RuleBroken({
        rule: "L10",
        message,
        second: seen(at, message),
        about: `group ${m.group}:`,
      });
    }
    // A run may begin with empty appends, several before an answer is here: what the lowest of them asks about
    // counts as unsent.
    if (m.blocks.length === 0) {
      if (goesBack) sent.high = Math.min(sent.high, last);
      return;
    }
    if (goesBack) sent.mayGoBack = false;
    sent.high = last;
  }
}
